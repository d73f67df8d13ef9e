from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
import torch

from model.network import MLP, to_input
from training.data import folder
from training.data.dataset import Examples
from training.digits import outliers
from training.fit import loop, presets
from training.fit.checkpoint import Checkpoint, Epoch
from training.fit.loop import Fitted, one_cycle
from training.fit.presets import Preset


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
        recipe = presets.load(preset, {"epochs": epochs})
        return loop.fit(recipe, data.train, data.test, seed, Checkpoint(tmp_path / "checkpoint.pt", f"{seed} {epochs}"))

    return fit


def test_a_network_learns(fit: Fit) -> None:
    history = fit(seed=0, epochs=5, preset="seed").history
    assert history[-1].loss < 0.5 * history[0].loss
    assert history[-1].validation_accuracy > 0.5


def test_the_network_has_as_many_outputs_as_there_are_classes(small: Path) -> None:
    images = folder.load(small).train.images[:60]
    examples = Examples(images, (np.arange(60) * 5).astype(np.uint16))
    recipe = presets.load("quick", {"epochs": 1})
    assert loop.fit(recipe, examples, examples, 0, progress=False).mlp.sizes == (784, 128, 296)
    assert loop.fit(recipe, examples, examples, 0, progress=False, classes=300).mlp.sizes == (784, 128, 300)


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
    fitted = loop.fit(
        presets.load("default", {"epochs": 1}), train, data.test, 0, Checkpoint(tmp_path / "checkpoint.pt", "")
    )
    assert fitted.images == 512


def recipe(**fields: Any) -> Preset:
    return presets.parse({"hidden": [16], "epochs": 4, "batch": 100, "learning_rate": 0.05} | fields)


def test_a_step_of_full_batch_descent_is_the_same_in_any_chunks(small: Path) -> None:
    data = folder.load(small)

    def trained(batch: int) -> list[torch.Tensor]:
        fitted = loop.fit(recipe(optimizer="bgd", batch=batch, epochs=3), data.train, data.test, 0, progress=False)
        return list(fitted.network.parameters())

    whole, chunks = trained(600), trained(100)
    for weight, same in zip(whole, chunks, strict=True):
        assert torch.allclose(weight, same, atol=1e-6)


def test_full_batch_descent_follows_the_mean_gradient(small: Path) -> None:
    data = folder.load(small)
    fitted = loop.fit(recipe(hidden=[], optimizer="bgd", epochs=1), data.train, data.test, 0, progress=False)
    torch.manual_seed(0)
    start = MLP((784, 10))
    labels = torch.from_numpy(data.train.labels.astype("int64"))
    torch.nn.functional.cross_entropy(start(to_input(data.train.images)), labels).backward()  # type: ignore[no-untyped-call]
    for weight, before in zip(fitted.network.parameters(), start.parameters(), strict=True):
        assert before.grad is not None
        assert torch.allclose(weight, before - 0.05 * before.grad, atol=1e-6)


def test_it_stops_early_with_the_weights_of_the_best_epoch(small: Path) -> None:
    data = folder.load(small)
    preset = recipe(epochs=60, patience=3, learning_rate=0.01)
    fitted = loop.fit(preset, data.train, data.test, 0, progress=False)
    accuracies = [epoch.validation_accuracy for epoch in fitted.history]
    best = accuracies.index(max(accuracies))
    assert len(accuracies) == best + 1 + 3 < 60
    labels = torch.from_numpy(data.test.labels.astype("int64"))
    right = fitted.network(to_input(data.test.images)).argmax(dim=1) == labels
    assert float(right.double().mean()) == accuracies[best]


def test_dropout_zeroes_its_share_and_scales_the_rest() -> None:
    torch.manual_seed(0)
    network = MLP((784, 1000, 10), dropout=0.25).train()
    hidden = network.layers[:2](torch.rand(200, 784))
    dropped = network.layers[2](hidden)
    alive = hidden > 0
    assert float((dropped[alive] == 0).double().mean()) == pytest.approx(0.25, abs=0.01)
    remaining = alive & (dropped != 0)
    assert torch.allclose(dropped[remaining], hidden[remaining] / 0.75)
    assert torch.equal(network.eval().layers[2](hidden), hidden)


def test_half_precision_learns_as_well(small: Path) -> None:
    data = folder.load(small)
    preset = recipe(hidden=[64], epochs=8, learning_rate=0.01, precision="bfloat16")
    fitted = loop.fit(preset, data.train, data.test, 0, progress=False)
    assert {weight.dtype for weight in fitted.network.parameters()} == {torch.float32}
    assert fitted.history[-1].validation_accuracy > 0.75


def test_outliers_are_answered_without_confidence(small: Path) -> None:
    data = folder.load(small)
    strange = to_input(outliers.bank(70, seed=1))

    def confidence(share: float) -> float:
        preset = recipe(hidden=[64], epochs=20, learning_rate=0.01, outliers=share)
        fitted = loop.fit(preset, data.train, data.test, 0, progress=False, outliers=outliers.for_training)
        assert fitted.history[-1].validation_accuracy > 0.75
        return float(fitted.network(strange).detach().softmax(dim=1).amax(dim=1).mean())

    assert confidence(0.2) < confidence(0.0) - 0.2


def test_whoever_watches_is_told_and_may_end_it(small: Path) -> None:
    data, calls = folder.load(small), []

    def watch(number: int, epoch: Epoch) -> None:
        calls.append((number, epoch))
        if number == 2:
            raise StopIteration

    with pytest.raises(StopIteration):
        loop.fit(recipe(), data.train, data.test, 0, watch=watch, progress=False)
    assert [number for number, _ in calls] == [1, 2]
    assert calls[1][1].validation_loss > 0.0
