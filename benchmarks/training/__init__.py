"""Training time to the accuracy of the seed, for its Keras code, the usual PyTorch loop, and this product."""
