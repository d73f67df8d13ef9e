"""Train a regressor of scikit-learn on the diabetes data and write it as ``diabetes.onnx``: make.py [FOLDER]

skl2onnx converts the regressor. Three patients become samples, with scikit-learn's own predictions as expected values.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split


def split() -> list[Any]:
    """Return training rows, float32 (342, 10), test rows, float32 (100, 10), and the values of both."""
    data = load_diabetes(scaled=False)
    parts: list[Any] = train_test_split(data.data.astype(np.float32), data.target, test_size=100, random_state=0)
    return parts


def trained() -> GradientBoostingRegressor:
    rows, _, values, _ = split()
    return GradientBoostingRegressor(n_estimators=60, max_depth=2, random_state=0).fit(rows, values)


if __name__ == "__main__":
    from skl2onnx import to_onnx  # type: ignore[import-not-found] # in an environment of its own

    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    model, (_, rows, _, values) = trained(), split()
    graph = to_onnx(model, rows[:1], target_opset={"": 17, "ai.onnx.ml": 3})
    (folder / "diabetes.onnx").write_bytes(graph.SerializeToString())
    (folder / "samples").mkdir(exist_ok=True)
    for number, (row, value) in enumerate(zip(rows[:3], model.predict(rows[:3]), strict=True)):
        sample = dict(zip(load_diabetes().feature_names, np.round(row.astype(float), 4).tolist(), strict=True))
        (folder / "samples" / f"patient{number}.json").write_text(json.dumps(sample))
        expected = {"values": {"progression": float(value)}}
        (folder / "samples" / f"patient{number}.expected.json").write_text(json.dumps(expected))
    print(
        f"{folder / 'diabetes.onnx'}: explains {model.score(rows, values):.0%} of the variance of 100 unseen patients"
    )
