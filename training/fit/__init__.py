"""Training of a network: presets, the training loop, checkpoints."""
