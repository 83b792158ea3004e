"""Charts as inline SVG: presentation attributes and classes of our stylesheet, nothing that a strict policy forbids."""
