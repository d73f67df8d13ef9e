"""Train a regressor of scikit-learn on the diabetes data and write it as ``diabetes.onnx``: make.py [FOLDER]

skl2onnx converts it. Three patients become samples, with the values that scikit-learn itself predicts for them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    data = load_diabetes(scaled=False)
    rows, values = data.data.astype(np.float32), data.target  # (442, 10), (442,)
    train_rows, test_rows, train_values, test_values = train_test_split(rows, values, test_size=100, random_state=0)
    model = GradientBoostingRegressor(n_estimators=60, max_depth=2, random_state=0).fit(train_rows, train_values)

    graph = to_onnx(model, train_rows[:1], target_opset={"": 17, "ai.onnx.ml": 3})
    (folder / "diabetes.onnx").write_bytes(graph.SerializeToString())
    (folder / "samples").mkdir(exist_ok=True)
    for number, (row, value) in enumerate(zip(test_rows[:3], model.predict(test_rows[:3]), strict=True)):
        sample = dict(zip(data.feature_names, np.round(row.astype(float), 4).tolist(), strict=True))
        (folder / "samples" / f"patient{number}.json").write_text(json.dumps(sample))
        expected = {"values": {"progression": float(value)}}
        (folder / "samples" / f"patient{number}.expected.json").write_text(json.dumps(expected))
    score = model.score(test_rows, test_values)
    print(f"{folder / 'diabetes.onnx'}: explains {score:.0%} of the variance of 100 unseen patients")
