"""TorchServe's worker side: the handler, the worker loop, its protocol and its metrics."""
