"""Evaluation of image colorization: colorizers on photos, scores with intervals, tables."""
