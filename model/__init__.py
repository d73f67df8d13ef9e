"""The brain: pixels in, digits out. Travels whole inside the archive and imports nothing else of this repository."""
