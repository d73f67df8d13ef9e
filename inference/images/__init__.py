"""Decoding of image files within limits of size and CPU time."""
