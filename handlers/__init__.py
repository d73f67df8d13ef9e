"""TorchServe adapters. Nothing may raise out of them."""
