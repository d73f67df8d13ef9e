"""A node kept alive: what it serves, and who watches TorchServe and the gateway, mends them and tells how they are."""
