"""Labelled examples: reader, cleaning and split."""
