"""Iris from the files of scikit-learn, because its import takes longer than most tests."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

_SPEC = find_spec("sklearn")
assert _SPEC
assert _SPEC.origin
_TABLE = np.loadtxt(Path(_SPEC.origin).parent / "datasets" / "data" / "iris.csv", delimiter=",", skiprows=1)
ROWS = _TABLE[:, :4].astype(np.float32)  # (150, 4)
CLASSES = _TABLE[:, 4].astype(int)
