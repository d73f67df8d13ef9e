from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from training.fit.board import Board
from training.fit.checkpoint import Epoch


def scalars(folder: Path, tag: str) -> dict[int, float]:
    events = EventAccumulator(str(folder))
    events.Reload()
    steps = [event.step for event in events.Scalars(tag)]
    assert len(steps) == len(set(steps))
    return {event.step: event.value for event in events.Scalars(tag)}


def test_a_training_that_went_on_has_every_step_once(tmp_path: Path) -> None:
    first = Board(tmp_path)
    for number in (1, 2, 3):
        first(number, Epoch(1.0 / number, 0.5, 0.9, 2.0))
    again = Board(tmp_path)
    for number in (3, 4):  # the third epoch was written, but not its checkpoint
        again(number, Epoch(1.0 / number, 0.5, 0.95, 2.0))
    assert scalars(tmp_path, "loss/training") == pytest.approx({1: 1.0, 2: 0.5, 3: 1 / 3, 4: 0.25})
    assert scalars(tmp_path, "accuracy/validation") == pytest.approx({1: 0.9, 2: 0.9, 3: 0.95, 4: 0.95})
    assert set(scalars(tmp_path, "loss/validation")) == set(scalars(tmp_path, "seconds")) == {1, 2, 3, 4}
