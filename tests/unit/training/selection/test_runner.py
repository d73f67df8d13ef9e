from pathlib import Path

import pytest

from training.selection import candidates
from training.selection.jobs import FoldRun
from training.selection.record import Store
from training.selection.runner import JobRunner
from training.selection.training_images import TrainingImages


@pytest.fixture
def trials() -> list[FoldRun]:
    few = (candidates.DECISION_TREE, candidates.LOGISTIC_REGRESSION)
    return [FoldRun(candidate, fold, 2, 0) for fold in range(2) for candidate in few]


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def run(trials: list[FoldRun], material: TrainingImages, folder: Path) -> list[dict[str, object]]:
    runner = JobRunner(material, Store(folder))
    with runner.bar(len(trials)):
        return runner.finish(trials)


def test_every_image_is_predicted_once_by_each(trials: list[FoldRun], material: TrainingImages, tmp_path: Path) -> None:
    results = run(trials, material, tmp_path)
    for result in results:
        assert result["images"] == 300
        assert result["accuracy"] == 1 - len(result["wrong"]) / 300  # type: ignore[arg-type]
    assert not set(results[0]["wrong"]) & set(results[2]["wrong"])  # type: ignore[call-overload]


def test_what_is_on_record_is_not_computed_again(
    trials: list[FoldRun], material: TrainingImages, tmp_path: Path
) -> None:
    first = run(trials[:3], material, tmp_path)
    before = written(tmp_path)
    whole = run(trials, material, tmp_path)
    after = written(tmp_path)
    assert whole[:3] == first
    assert len(after) == 4
    assert before.items() <= after.items()


def test_other_data_or_another_seed_starts_anew(
    trials: list[FoldRun], material: TrainingImages, tmp_path: Path
) -> None:
    run(trials[:1], material, tmp_path)
    run(trials[:1], TrainingImages(material.validation, material.train), tmp_path)
    run([FoldRun(candidates.DECISION_TREE, 0, 2, seed=1)], material, tmp_path)
    assert len(written(tmp_path)) == 3


def test_less_than_one_process_is_a_mistake(material: TrainingImages, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="jobs must be at least 1, not 0"):
        JobRunner(material, Store(tmp_path), 0)
