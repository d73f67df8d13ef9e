"""Labelled examples: reading, cleaning and splitting them."""
