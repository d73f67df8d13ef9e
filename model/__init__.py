"""The multilayer perceptron on MNIST. It imports no package of this repository but ``inference``."""
