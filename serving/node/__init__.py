"""Supervision of a node: its deployment, and restarts and metrics of TorchServe and the gateway."""
