"""One TorchServe: its start and drained stop, its keys and settings, its management API, and patches of its classes."""
