"""One TorchServe: start and drained stop, keys and settings, management API, and patches of its classes."""
