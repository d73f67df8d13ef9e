from pathlib import Path

import numpy as np
import pytest
from optuna import Trial, TrialPruned
from PIL import Image

from tests.unit.training.tuning.conftest import SPACE, Begin, begun
from training.data.dataset import Examples
from training.fit import loop, presets
from training.tuning import tuning_report, workers
from training.tuning.study import ACCURACIES, Study, accuracy


def judged(trial: Trial) -> float:
    """Return a score that depends only on the learning rate. Prune every fifth trial."""
    value = 0.9 + 5 * trial.params["learning_rate"]
    trial.set_user_attr(ACCURACIES, [value - 0.01, value + 0.01])
    if trial.number % 5 == 4:
        trial.report(0.5, 1)
        raise TrialPruned
    return float(value)


@pytest.fixture(scope="module")
def study(images: Examples, tmp_path_factory: pytest.TempPathFactory) -> Study:
    directory = tmp_path_factory.mktemp("study")
    study = begun(images, directory, SPACE, trials=20, sampler="random", epochs=3, folds=2)
    workers.work(study, judged)
    return study


def test_it_holds_the_best_trials_and_pictures(study: Study, tmp_path: Path) -> None:
    tuning_report.write(study, tmp_path / "docs", tmp_path / "some.toml", 30)
    text = (tmp_path / "docs" / "tuning.md").read_text()
    best = study.complete[0]
    assert f"| 1 | {best.number} | {100 * accuracy(best):.2f} ± 1.41 |" in text
    assert "16 complete, 4 pruned" in text
    assert "--study some --base default --epochs 3 --images 600 --folds 2 --sampler random" in text
    assert (tmp_path / "some.toml").read_text().strip() in text
    assert max(len(line) for line in text.splitlines() if not line.startswith(("|", "$"))) <= 120
    for name in ("history", "slices", "importance"):
        with Image.open(tmp_path / "docs" / "images" / f"tuning-{name}.png") as picture:
            assert np.asarray(picture.convert("L")).std() > 10


def test_what_decides_everything_is_most_important(study: Study) -> None:
    weights = tuning_report.importances(study)
    assert next(iter(weights)) == "learning_rate"
    assert weights["learning_rate"] > 0.7
    assert sum(weights.values()) == pytest.approx(1)


def test_the_winner_is_a_preset_that_trains(study: Study, images: Examples, tmp_path: Path) -> None:
    tuning_report.write(study, tmp_path, tmp_path / "some.toml", 30)
    preset = presets.load(str(tmp_path / "some.toml"))
    assert preset.learning_rate == study.complete[0].params["learning_rate"]
    fitted = loop.fit(preset, images, images, seed=0, progress=False)
    assert len(fitted.history) == preset.epochs == 3


def test_without_a_complete_trial_there_is_nothing_to_report(begin: Begin, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no trial of the study 'some' is complete yet"):
        tuning_report.write(begin(SPACE), tmp_path, tmp_path / "some.toml", 30)


def test_few_trials_have_a_report_without_importances(begin: Begin, tmp_path: Path) -> None:
    study = begin(SPACE, trials=1)
    workers.work(study, judged)
    tuning_report.write(study, tmp_path, tmp_path / "some.toml", 30)
    assert "1 complete, 0 pruned" in (tmp_path / "tuning.md").read_text()
    assert not (tmp_path / "images" / "tuning-importance.png").exists()
