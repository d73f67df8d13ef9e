"""The multilayer perceptron on MNIST. It imports no package of this repository but ``inference``."""

from model.spec import SPEC

__all__ = ["SPEC"]
