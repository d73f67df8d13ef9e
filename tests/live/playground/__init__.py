"""The page to draw on, in a real Chromium, asking a real TorchServe."""
