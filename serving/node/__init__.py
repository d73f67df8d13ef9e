"""Supervision of a node: its deployment, and the restarts and metrics of TorchServe and the gateway."""
