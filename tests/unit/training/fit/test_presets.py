import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.fit import presets
from training.fit.augmentation import Augmentation
from training.fit.presets import Preset

TABLE: dict[str, Any] = {"hidden": [32], "epochs": 1, "batch": 8, "learning_rate": 0.01}


def test_the_seed_is_the_classic_network() -> None:
    seed = presets.load("seed")
    assert seed.sizes() == (784, 128, 10)
    assert (seed.epochs, seed.batch, seed.learning_rate) == (5, 32, 0.001)
    assert not seed.augmentation


def test_the_quick_one_trains_the_network_of_the_seed() -> None:
    seed, quick = presets.load("seed"), presets.load("quick")
    assert quick.sizes() == seed.sizes()
    assert not quick.batch_norm  # not even in training
    assert quick.epochs <= seed.epochs


def test_the_default_distorts_its_images() -> None:
    assert presets.load("default").augmentation


def test_the_epochs_can_be_told() -> None:
    assert presets.load("seed", {"epochs": 2}).epochs == 2


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown preset 'nest': choose one of seed, quick, default, best"):
        presets.load("nest")


def test_a_table_may_name_every_field() -> None:
    preset = presets.parse(TABLE | {"dropout": 0.5, "augmentation": {"rotation": 5.0}})
    assert preset.dropout == 0.5
    assert preset.augmentation == Augmentation(rotation=5.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"hidden": [32, 0]}, r"hidden must be at least 1 each, not \(32, 0\)"),
        ({"dropout": 1.0}, "dropout must be at least 0 and under 1"),
        ({"learning_rate": 0.0}, "learning_rate must be over 0"),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0"),
        ({"l1": float("inf")}, "l1 must be at least 0 and finite"),
        ({"moment": 0.9}, "the unknown field 'moment'"),
        ({"momentum": 0.9}, "momentum is for sgd and bgd: adamw has its own"),
        ({"augmentation": {"blur": 1}}, "the unknown field 'augmentation.blur'"),
        ({"augmentation": 5}, "augmentation must be a table, not 5"),
        ({"optimizer": "lion"}, "optimizer must be one of adamw, adam, sgd, bgd, not 'lion'"),
        ({"loss": "hinge"}, "loss must be one of cross_entropy, mean_squared_error"),
        ({"precision": "float16"}, "precision must be one of float32, bfloat16"),
        ({"epochs": 1.5}, "epochs must be a whole number, not 1.5"),
        ({"batch_norm": 1}, "batch_norm must be true or false"),
        ({"hidden": 32}, "hidden must be a list of whole numbers"),
        ({"patience": -1}, "patience must be at least 0"),
    ],
)
def test_a_wrong_value_is_named(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        presets.parse(TABLE | change)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match="has no 'hidden'"):
        presets.parse({"epochs": 1, "batch": 8, "learning_rate": 0.01})


def test_changes_are_read_from_texts() -> None:
    changes = ["optimizer=sgd", "hidden=[256, 128]", "augmentation.shear=0", "momentum = 0.9", "batch_norm=false"]
    preset = presets.load("default", presets.changes(changes))
    assert (preset.optimizer, preset.hidden, preset.momentum, preset.batch_norm) == ("sgd", (256, 128), 0.9, False)
    assert preset.augmentation == dataclasses.replace(presets.load("default").augmentation, shear=0.0)


def test_a_change_without_a_value_is_named() -> None:
    with pytest.raises(ValueError, match="'dropout' is not NAME=VALUE"):
        presets.changes(["dropout"])


def test_a_file_holds_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(presets.dumps(presets.load("default")))
    assert presets.load(path) == presets.load("default")
    with pytest.raises(ValueError, match=r"nowhere\.toml cannot be read: No such file"):
        presets.load(tmp_path / "nowhere.toml")
    path.write_text("hidden = [")
    with pytest.raises(ValueError, match=r"mine\.toml is not TOML"):
        presets.load(path)


shares = st.floats(0.0, 0.99)
preset_strategy = st.builds(
    Preset,
    hidden=st.lists(st.integers(1, 4096), max_size=4).map(tuple),
    epochs=st.integers(1, 1000),
    batch=st.integers(1, 10_000),
    learning_rate=st.floats(1e-8, 1.0),
    loss=st.sampled_from(presets.CHOICES["loss"]),
    optimizer=st.sampled_from(presets.CHOICES["optimizer"]),
    precision=st.sampled_from(presets.CHOICES["precision"]),
    batch_norm=st.booleans(),
    dropout=shares,
    average=shares,
    outliers=shares,
    patience=st.integers(0, 20),
    l1=st.floats(0.0, 1.0),
    augmentation=st.builds(Augmentation, rotation=st.floats(0.0, 90.0), elastic=st.floats(0.0, 2.0)),
)


@given(preset=preset_strategy)
def test_what_is_written_is_read_back(preset: Preset) -> None:
    assert presets.parse(tomllib.loads(presets.dumps(preset))) == preset
