"""Comparison of models and training methods on the training set alone, with significance tests."""
