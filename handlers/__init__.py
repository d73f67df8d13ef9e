"""Adapters that run in a TorchServe worker. No request may raise an exception out of them."""
