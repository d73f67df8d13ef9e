"""Time to the seed's accuracy: its own Keras code, the usual PyTorch loop and this product's training, in turns."""
