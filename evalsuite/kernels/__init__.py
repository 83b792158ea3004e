"""Loops over pixels that numba compiles, for CPUs; each has a twin in torch, which the tests compare it with."""
