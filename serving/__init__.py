"""From a bundle to a running server: the archive, TorchServe's life cycle, its keys and its management API."""
