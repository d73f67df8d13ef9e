from typing import Any

import pytest

from training import presets
from training.augmentation import Augmentation

TABLE: dict[str, Any] = {"hidden": [32], "epochs": 1, "batch": 8, "learning_rate": 0.01}


def test_the_seed_is_the_classic_network() -> None:
    seed = presets.load("seed")
    assert seed.sizes == (784, 128, 10)
    assert (seed.epochs, seed.batch, seed.learning_rate) == (5, 32, 0.001)
    assert not seed.augmentation


def test_the_quick_one_trains_the_network_of_the_seed() -> None:
    seed, quick = presets.load("seed"), presets.load("quick")
    assert quick.sizes == seed.sizes
    assert not quick.batch_norm  # not even while it trains
    assert quick.epochs <= seed.epochs


def test_the_default_distorts_its_images() -> None:
    assert presets.load("default").augmentation


def test_the_epochs_can_be_told() -> None:
    assert presets.load("seed", epochs=2).epochs == 2


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no preset 'best': choose one of seed, quick, default"):
        presets.load("best")


def test_a_table_may_name_every_field() -> None:
    preset = presets.parse(TABLE | {"dropout": 0.5, "augmentation": {"rotation": 5.0}})
    assert preset.dropout == 0.5
    assert preset.augmentation == Augmentation(rotation=5.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"hidden": [32, 0]}, r"hidden\[1\] must be at least 1"),
        ({"dropout": 1.0}, "dropout must be at least 0 and under 1"),
        ({"learning_rate": 0.0}, "learning_rate must be over 0"),
        ({"weight_decay": -0.1}, "weight_decay at least 0"),
        ({"moment": 0.9}, "unexpected keyword argument 'moment'"),
        ({"augmentation": {"blur": 1}}, "unexpected keyword argument 'blur'"),
    ],
)
def test_a_wrong_value_is_named(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        presets.parse(TABLE | change)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match="lacks 'hidden'"):
        presets.parse({"epochs": 1, "batch": 8, "learning_rate": 0.01})
