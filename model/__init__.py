"""Multilayer perceptron on MNIST. Of this repository's packages it imports only ``inference``."""

from model.spec import SPEC

__all__ = ["SPEC"]
