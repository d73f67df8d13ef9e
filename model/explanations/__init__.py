"""Explanations of digits: the share of each pixel in one of the network's logits.

All methods are computed in numpy: the first explanation of a worker imports nothing and costs what the next one does.
"""

from model.explanations.explainer import METHODS, DigitsExplainer

__all__ = ["METHODS", "DigitsExplainer"]
