"""Drift of declared models that were packaged with their training data: the counts of a worker."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handlers import counters
from inference.declared.specification import load
from inference.http_message import Message
from serving.declared import folder, resolution
from tests import declared
from tests.declared import COLUMNS
from tests.messages import of_json, png
from tests.torchserve import Sent, Worker
from tests.unit.handlers.test_declared import unpacked

pytestmark = pytest.mark.usefixtures("restored")
ROWS = np.random.default_rng(8).normal(5, 2, (200, 4)).astype(np.float32)
PHOTO = '[input]\nimage = { image_mean = [0.5], image_std = [0.25] }\n[output]\nlabels = ["day", "night"]'


@pytest.fixture
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(counters.FOLDER, str(tmp_path / "metrics"))
    return tmp_path / "metrics"


def worker(path: Path, training: Path) -> Worker:
    """Return a worker of the model in a folder, packaged with its training data."""
    package = resolution.resolve(folder.read(path), training)
    directory = unpacked(path / "unpacked", package)
    return Worker(directory, load(directory / "declaration.json"))


def counted(metrics: Path) -> tuple[dict[str, dict[str, float]], dict[str, list[float]]]:
    """Return the shares of training, and the examples in each bin, by statistic."""
    ((header, numbers),) = counters.read(metrics)
    (family,) = [family for family in header.families if family.name == "inference_input_examples_total"]
    inputs = header.split(numbers)[family.name]
    named: dict[str, list[float]] = {}
    for (statistic, _bin), number in zip(family.values, inputs.tolist(), strict=True):
        named.setdefault(statistic, []).append(number)
    return {name: dict(shares) for name, shares in header.reference.items()}, named


def ask(served: Worker, contents: Sequence[Any]) -> None:
    replies = served.answer([Sent.http(content) for content in contents])
    assert {reply.status for reply in replies} == {200}


def test_each_column_of_a_table_is_counted(tmp_path: Path, metrics: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS)
    served = worker(declared.folder(tmp_path / "iris"), tmp_path / "train.npy")
    drifted = ROWS[:50] + np.array([0, 0, 50, 0], dtype=np.float32)
    ask(served, [of_json({"x": drifted.tolist()}), of_json({"x": ROWS[0].tolist()})])
    training, inputs = counted(metrics)
    assert list(inputs) == list(COLUMNS)
    assert training[COLUMNS[0]] == {str(bin_): pytest.approx(0.1) for bin_ in range(10)}
    assert sum(training["label"].values()) == pytest.approx(1.0)
    assert training["abstained"] == {"0": 0.0}
    assert {sum(numbers) for numbers in inputs.values()} == {51.0}
    assert inputs[COLUMNS[2]][9] >= 50.0
    assert inputs[COLUMNS[0]][9] < 15.0


def test_images_are_counted_by_their_light_and_the_size_of_their_files(tmp_path: Path, metrics: Path) -> None:
    random = np.random.default_rng(9)
    (tmp_path / "train").mkdir()
    for index in range(120):
        image = random.integers(0, 100 + index, (32, 32 + index, 3)).astype(np.uint8)
        (tmp_path / "train" / f"{index}.png").write_bytes(png(image))
    declared.photos(declared.folder(tmp_path / "photos", PHOTO) / "iris.onnx")
    served = worker(tmp_path / "photos", tmp_path / "train")
    large = np.full((640, 480, 3), 255, dtype=np.uint8)
    ask(served, [Message(png(large), "image/png")] * 2)
    _, inputs = counted(metrics)
    assert list(inputs) == ["brightness", "contrast", "size"]
    assert (inputs["brightness"][9], inputs["contrast"][0], inputs["size"][9]) == (2.0, 2.0, 2.0)


def test_a_model_of_numbers_has_no_labels(tmp_path: Path, metrics: Path) -> None:
    np.save(tmp_path / "train.npy", ROWS[:, :2])
    declared.sums(declared.folder(tmp_path / "sums", "") / "iris.onnx")
    served = worker(tmp_path / "sums", tmp_path / "train.npy")
    ask(served, [of_json({"x": [1.0, 2.0]})])
    training, inputs = counted(metrics)
    assert list(training) == list(inputs) == ["column 0", "column 1"]


def test_inputs_by_name_are_counted_by_their_numbers_or_their_size(tmp_path: Path, metrics: Path) -> None:
    random = np.random.default_rng(10)
    examples = [{"signal": random.normal(size=4).tolist(), "state": np.zeros((2, 3)).tolist()} for _ in range(120)]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, examples)))
    declared.cell(declared.folder(tmp_path / "cell", declared.CELL) / "iris.onnx")
    served = worker(tmp_path / "cell", tmp_path / "train.jsonl")
    ask(served, [of_json({"x": {**examples[0], "signal": [0.0, 0.0, 0.0, 90.0]}})])
    training, inputs = counted(metrics)
    numbers = [f"input signal {index}" for index in range(4)] + [f"input state {index}" for index in range(6)]
    assert list(inputs) == [*numbers, "input rate"]
    assert set(training) == set(inputs)
    assert (inputs["input signal 3"][9], inputs["input signal 0"][9]) == (1.0, 0.0)


def test_texts_by_name_are_counted_by_their_length(tmp_path: Path, metrics: Path) -> None:
    lines = [json.dumps({"word": "yes" * (1 + index), "flag": bool(index % 2)}) for index in range(100)]
    (tmp_path / "train.jsonl").write_text("\n".join(lines) + "\n")
    declared.words(declared.folder(tmp_path / "words", "") / "iris.onnx")
    served = worker(tmp_path / "words", tmp_path / "train.jsonl")
    ask(served, [of_json({"x": {"word": "no" * 500, "flag": True}}), of_json({"x": {"word": "", "flag": True}})])
    _, inputs = counted(metrics)
    assert list(inputs) == ["size of word", "input flag"]
    assert (inputs["size of word"][0], inputs["size of word"][9]) == (1.0, 1.0)


def test_without_training_data_no_input_is_measured(tmp_path: Path, metrics: Path) -> None:
    directory = unpacked(tmp_path / "unpacked", resolution.resolve(folder.read(declared.folder(tmp_path / "i"))))
    served = Worker(directory, load(directory / "declaration.json"))
    ask(served, [of_json({"x": ROWS[0].tolist()})])
    assert counted(metrics) == ({}, {})
    assert served.handler._telemetry._pending.inputs == []
