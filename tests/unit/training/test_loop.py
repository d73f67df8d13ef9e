from pathlib import Path
from typing import Protocol

import pytest
import torch

from training import folder, loop, presets
from training.checkpoint import Checkpoint
from training.loop import Fitted, one_cycle


class Fit(Protocol):
    def __call__(self, seed: int, epochs: int = 3, preset: str = "default") -> Fitted: ...


@pytest.mark.parametrize(
    ("progress", "warm_up", "rate"),
    [(0.0, 0.2, 0.0), (0.1, 0.2, 0.5), (0.2, 0.2, 1.0), (0.6, 0.2, 0.5), (1.0, 0.2, 0.0), (0.9, 0.0, 1.0)],
)
def test_one_cycle_climbs_and_falls(progress: float, warm_up: float, rate: float) -> None:
    assert one_cycle(progress, warm_up) == pytest.approx(rate)


def weights(fitted: Fitted) -> list[bytes]:
    return [tensor.numpy().tobytes() for tensor in fitted.network.state_dict().values()]


@pytest.fixture
def fit(small: Path, tmp_path: Path) -> Fit:
    data = folder.load(small)

    def fit(seed: int, epochs: int = 3, preset: str = "default") -> Fitted:
        recipe = presets.load(preset, epochs)
        return loop.fit(recipe, data.train, data.test, seed, Checkpoint(tmp_path / "checkpoint.pt", f"{seed} {epochs}"))

    return fit


def test_a_network_learns(fit: Fit) -> None:
    history = fit(seed=0, epochs=5, preset="seed").history
    assert history[-1].loss < 0.5 * history[0].loss
    assert history[-1].validation_accuracy > 0.5


def test_the_seed_decides_the_weights(fit: Fit) -> None:
    first, other = weights(fit(seed=0)), weights(fit(seed=1))
    again = weights(fit(seed=0))
    assert first == again
    assert first != other


def test_a_finished_checkpoint_gives_the_network_without_training(fit: Fit) -> None:
    first, again = fit(seed=0), fit(seed=0)
    assert [epoch.seconds for epoch in first.history] == [epoch.seconds for epoch in again.history]
    assert weights(first) == weights(again)


def test_one_example_more_than_a_batch_does_not_break_batch_norm(small: Path, tmp_path: Path) -> None:
    data = folder.load(small)
    train = data.train[torch.arange(513).numpy()]
    fitted = loop.fit(presets.load("default", 1), train, data.test, 0, Checkpoint(tmp_path / "checkpoint.pt", ""))
    assert fitted.images == 512
