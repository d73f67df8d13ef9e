"""Reasons why models do not load, from logs as TorchServe writes them."""

import json
from pathlib import Path

import pytest

from serving.torchserve import failures

DIED = ("ts_log.log", "W-9001-iris_1.0", "Load model failed: iris, error: Worker died.")
TRACEBACK = [
    ("model_log.log", "W-9001-iris_1.0-stdout", "Backend worker process died."),
    ("model_log.log", "W-9001-iris_1.0-stdout", "ModuleNotFoundError: No module named 'mine'"),
]


def logged(folder: Path, *entries: tuple[str, str, str]) -> Path:
    for name, thread, message in entries:
        with (folder / name).open("a") as file:
            file.write(json.dumps({"thread": thread, "message": message}, separators=(",", ":")) + "\n")
    return folder


def test_a_model_has_its_own_failures(tmp_path: Path) -> None:
    words = "Failed to load model iris, exception it misses its reference outputs"
    logs = logged(
        tmp_path,
        ("model_log.log", "W-9001-iris_1.0-stdout", words),
        ("model_log.log", "W-9000-iris-2_1.0-stdout", "Failed to load model iris-2, exception no"),
    )
    assert failures.of_model(logs, "iris") == [words]
    assert failures.of_model(logs, "digits") == []


@pytest.mark.parametrize("deaths", [0, 1, 2, 3])
def test_a_worker_that_dies_again_and_again_is_a_failure(tmp_path: Path, deaths: int) -> None:
    """A single death may have another cause."""
    logs = logged(tmp_path, *[*TRACEBACK, DIED] * deaths)
    sentence = "a worker died while it loaded the model: ModuleNotFoundError: No module named 'mine'"
    assert failures.of_model(logs, "iris") == [sentence] * (deaths - 1)
    assert failures.of_model(logs, "iris-2") == []


def test_a_death_without_words_names_the_log(tmp_path: Path) -> None:
    (reason,) = failures.of_model(logged(tmp_path, DIED, DIED), "iris")
    assert reason == "a worker died while it loaded the model: read logs/model_log.log"
