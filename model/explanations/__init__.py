"""Explanations of digits: the share of each pixel in a logit of the network.

All methods use NumPy, so the first explanation of a worker needs no imports and is as fast as the next.
"""

from model.explanations.explainer import METHODS, DigitsExplainer

__all__ = ["METHODS", "DigitsExplainer"]
