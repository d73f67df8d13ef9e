"""From a bundle to a service: archives, one TorchServe, the gateway before it, the node around both, changes to it."""
