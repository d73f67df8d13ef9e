"""Training of the seed in Keras, as its author would run it: keras_seed.py FOLDER"""

import json
import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def main(folder: Path) -> None:
    x_train, y_train, x_test, y_test = (
        np.load(folder / f"{name}.npy") for name in ("train_images", "train_labels", "test_images", "test_labels")
    )
    start = time.perf_counter()
    x_train = x_train.astype("float32") / 255
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=5, batch_size=32)
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(x_test.astype("float32") / 255, y_test)
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
    print(json.dumps({"seconds": seconds, "accuracy": float(accuracy), "versions": versions}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
