"""Fitting a network: presets, the loop, checkpoints."""
