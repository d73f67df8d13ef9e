"""Tests of the drawing page in a real Chromium with a real TorchServe."""
