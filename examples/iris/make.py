"""Train a network of scikit-learn on the iris data and write it as ``iris.onnx``: python examples/iris/make.py [FOLDER]

skl2onnx converts any model of scikit-learn. This model is so simple that its graph is written here without skl2onnx.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def train() -> tuple[Pipeline, float]:
    """Return the model, 4-16-3, and its accuracy on 30 flowers that were not used in training."""
    rows, classes = load_iris(return_X_y=True)
    train_rows, test_rows, train_classes, test_classes = train_test_split(
        rows, classes, test_size=30, random_state=0, stratify=classes
    )
    network = MLPClassifier((16,), solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0)
    model = make_pipeline(StandardScaler(), network).fit(train_rows, train_classes)
    return model, float(model.score(test_rows, test_classes))


def graph(model: Pipeline) -> onnx.ModelProto:
    """Return the model as a graph that maps float32 (n, 4) to the probabilities of 3 classes, float32 (n, 3)."""
    scaler, network = model[0], model[1]
    (w1, w2), (b1, b2) = network.coefs_, network.intercepts_
    constants = {"mean": scaler.mean_, "scale": scaler.scale_, "w1": w1, "b1": b1, "w2": w2, "b2": b2}
    nodes = [
        helper.make_node("Sub", ["measurements", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["scaled"]),
        helper.make_node("Gemm", ["scaled", "w1", "b1"], ["sums"]),
        helper.make_node("Relu", ["sums"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
    ]
    made = helper.make_graph(
        nodes,
        "iris",
        [helper.make_tensor_value_info("measurements", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    trained, accuracy = train()
    onnx.save(graph(trained), folder / "iris.onnx")
    print(f"{folder / 'iris.onnx'}: {accuracy:.1%} of 30 unseen flowers are labelled right")
