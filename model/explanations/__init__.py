"""Why a digit was read as it was: the share that each pixel has in one of the network's logits.

message and address -> dialects.Request, Query -> Explained ... the batch's predictions -> Explained.answer -> JSON, PNG

Nothing here imports torch or Captum before the first explanation: a worker that only predicts is spared both.
"""

from inference.explanations.query import Query, read
from model.explanations.explained import Explained
from model.explanations.explainer import Explainer, Explanation

__all__ = ["Explained", "Explainer", "Explanation", "Query", "read"]
