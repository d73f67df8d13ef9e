import itertools
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.unit.training.tuning.conftest import GRID, SPACE
from training.fit import presets
from training.tuning import space
from training.tuning.space import Label

BASE = asdict(presets.load("default"))


def parsed(text: str, folder: Path) -> space.Space:
    path = folder / "space.toml"
    path.write_text(text)
    search_space = space.parse(presets.read(path))
    search_space.check(BASE)
    return search_space


def test_labels_become_a_preset_and_back(tmp_path: Path) -> None:
    search_space = parsed(SPACE, tmp_path)
    labels: dict[str, Label] = {"learning_rate": 0.002, "batch": 64, "hidden": "16-8", "augmentation.rotation": 7.5}
    preset = search_space.preset(BASE, labels)
    assert (preset.learning_rate, preset.batch, preset.hidden, preset.augmentation.rotation) == (
        0.002,
        64,
        (16, 8),
        7.5,
    )
    assert preset.dropout == BASE["dropout"]
    assert preset.augmentation.elastic == BASE["augmentation"]["elastic"]
    assert search_space.labels(preset) == labels


def test_a_preset_outside_the_space_has_no_labels(tmp_path: Path) -> None:
    assert parsed("dropout = { low = 0.2, high = 0.4 }", tmp_path).labels(presets.load("default")) is None


def test_points_are_all_combinations(tmp_path: Path) -> None:
    points = parsed(GRID + "dropout = { low = 0.0, high = 0.3, step = 0.1 }", tmp_path).points()
    all_of_them = itertools.product([0.001, 0.003, 0.01], [True, False], [0.0, 0.1, 0.2, 0.3])
    assert [tuple(point.values()) for point in points] == list(all_of_them)


@pytest.mark.parametrize("path", [space.SPACE, space.GRID])
def test_the_spaces_that_come_along_hold_the_default_preset(path: Path) -> None:
    search_space = space.parse(presets.read(path))
    search_space.check(BASE)
    assert search_space.labels(presets.load("default"))


def test_the_grid_that_comes_along_is_finite() -> None:
    assert len(space.parse(presets.read(space.GRID)).points()) == 24


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the space is empty"),
        ("dropout = 0.3", "dropout: give { choices"),
        (
            "dropout = { low = 0.3 }",
            "dropout: give choices = [...], or the numbers low and high with log or step, not {'low': 0.3}",
        ),
        ("dropout = { low = 0.3, high = 0.1 }", "dropout: `low <= high` must hold, but got (low=0.3, high=0.1)"),
        (
            "dropout = { low = 0.0, high = 0.5, log = true }",
            "dropout: `low > 0` must hold for `log=True`, but got (low=0.0",
        ),
        (
            "dropout = { low = 0.0, high = 0.5, step = 0.3 }",
            "dropout: The distribution is specified by [0.0, 0.5] and step=0.3, but the range is not divisible",
        ),
        (
            "dropout = { low = 0.0, high = 0.5, stride = 0.1 }",
            "dropout: give choices = [...], or the numbers low and high with log or step, not {'low': 0.0, 'high'",
        ),
        (
            "dropout = { low = 'a', high = 0.5 }",
            "dropout: give choices = [...], or the numbers low and high with log or step, not {'low': 'a'",
        ),
        ("dropout = { low = 0.0, high = 1.5 }", "dropout: a preset cannot have 1.5"),
        ("batch = { low = 16.5, high = 64.0 }", "batch: a preset cannot have 16.5"),
        ("batch = { choices = [] }", "batch: choices is a list of at least one value"),
        ("batch = { choices = [32, 32] }", "batch: choices is a list of at least one value, each once, not [32, 32]"),
        ("optimizer = { choices = ['adamw', 'magic'] }", "optimizer: a preset cannot have 'magic'"),
        ("hiden = { choices = [[16]] }", "hiden is not a key of a preset"),
        ("augmentation.twist = { low = 0.0, high = 1.0 }", "augmentation.twist is not a key"),
        ("epochs = { low = 1, high = 9 }", "epochs cannot be tuned"),
        ("patience = { low = 1, high = 9 }", "patience cannot be tuned"),
        ("dropout = {", "is not TOML"),
    ],
)
def test_a_bad_space_is_told_in_a_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        parsed(text, tmp_path)
    assert message in str(caught.value)


def test_a_grid_wants_an_end_of_values(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="learning_rate: a grid needs choices"):
        parsed(SPACE, tmp_path).points()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.toml cannot be read"):
        presets.read(tmp_path / "none.toml")
