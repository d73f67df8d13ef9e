import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.training import run
from benchmarks.training.run import TrainingError
from benchmarks.training.trainers import PRODUCT, SEED, Trainer, trainers
from training.data.dataset import Dataset, Examples
from training.digits import data

_SAYS = 'import json; print("epoch 1"); print(json.dumps({"seconds": 2.0, "accuracy": 0.5, "versions": {}}))'


def trainer(name: str, code: str) -> Trainer:
    return Trainer(name, name, "", (sys.executable, "-c", code, "{data}", "{seed}", "{out}"))


def test_the_last_line_that_a_trainer_prints_is_its_result(tmp_path: Path) -> None:
    trained = run.one(trainer("a", _SAYS), tmp_path, seed=3)
    assert (trained.seconds, trained.accuracy, trained.seed) == (2.0, 0.5, 3)
    assert trained.whole > 0.0


def test_of_the_product_s_command_its_metrics_are_the_result(tmp_path: Path) -> None:
    metrics = '{"bundle": {"versions": {"torch": "2"}}, "test": {"accuracy": 0.25}}'
    code = f"import pathlib, sys; (pathlib.Path(sys.argv[3]) / 'metrics.json').write_text('{metrics}')"
    trained = run.one(trainer("command", code), tmp_path, seed=0)
    assert (trained.seconds, trained.accuracy, trained.versions) == (None, 0.25, {"torch": "2"})


def test_a_failed_training_says_why(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no such thing"):
        run.one(trainer("a", "raise SystemExit('no such thing')"), tmp_path, seed=0)


def test_the_trainers_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_PATIENCE", 0.0)
    content = run.measure([trainer(SEED, _SAYS), trainer(PRODUCT, _SAYS)], tmp_path, rounds=2)
    assert [(result["trainer"], result["seed"]) for result in content["results"]] == [
        (SEED, 0),
        (PRODUCT, 0),
        (PRODUCT, 1),
        (SEED, 1),
    ]
    assert content["seeds"] == [0.5] * 5


def test_every_trainer_has_a_name_of_its_own() -> None:
    names = [item.name for item in trainers()]
    assert len(set(names)) == len(names)
    assert {SEED, PRODUCT} <= set(names)


def test_the_data_is_handed_over_as_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = Examples(np.full((2, 28, 28), 7, dtype=np.uint8), np.array([3, 4], dtype=np.uint8))
    monkeypatch.setattr(data, "load", lambda: Dataset(examples, examples, ""))
    run.write_arrays(tmp_path)
    assert np.array_equal(np.load(tmp_path / "train_images.npy"), examples.images)
    assert np.array_equal(np.load(tmp_path / "test_labels.npy"), examples.labels)
