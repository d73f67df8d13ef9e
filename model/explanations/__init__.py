"""Why a digit was read as it was: the share that each pixel has in one of the network's logits.

Nothing here imports torch or Captum before the first explanation: a worker that only predicts is spared both.
"""

from model.explanations.explainer import Explainer
from model.explanations.methods import METHODS

__all__ = ["METHODS", "Explainer"]
