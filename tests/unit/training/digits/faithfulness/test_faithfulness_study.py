"""The whole study in a small size: finished parts are kept, and the document states the results."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.bundle import Bundle
from model.explanations import METHODS
from training.data.dataset import Dataset
from training.digits.faithfulness import faithfulness_plots, faithfulness_report, interpretable
from training.digits.faithfulness.faithfulness_figures import Completeness
from training.digits.faithfulness.study import FaithfulnessStudy

pytestmark = pytest.mark.usefixtures("restored")


def test_a_study_is_measured_kept_and_written_down(product: Bundle, mnist: Dataset, tmp_path: Path) -> None:
    explained: list[str] = []

    def steps(indices: range, name: str) -> range:
        explained.append(name)
        return indices

    study = FaithfulnessStudy(product, mnist.test, tmp_path, images=80, draws=2)
    figures = study.figures(steps)
    assert set(explained) == set(METHODS)
    before = len(explained)
    assert study.figures(steps) == figures
    assert len(explained) == before  # no picture was explained again

    methods = {name: figures.faithfulness[name] for name in METHODS}
    assert all(scores.beats_random for scores in methods.values())
    assert figures.completeness["predicted"].most < 0.01
    for rows in figures.randomised.values():
        assert [len(row) for row in rows] == [2] * 3
        assert all(abs(np.mean(row)) < 0.5 for row in rows)

    models = interpretable.fit(mnist.train[np.arange(1000)], mnist.test)
    subjects, shares = study.ten(steps)
    assert subjects.targets.tolist() == list(range(10))
    text = faithfulness_report.render(product, figures, models, subjects.images[7], "a command")
    assert "missed" not in text
    assert "a command" in text
    assert all(f"| {method} |" in text for method in METHODS)
    assert max(map(len, text.splitlines())) < 200

    faithfulness_plots.curves(figures.faithfulness, tmp_path / "curves.png")
    faithfulness_plots.gallery(subjects, shares, tmp_path / "digits.png")
    faithfulness_plots.interpretable(models, subjects.images[7], 7, tmp_path / "interpretable.png")
    for name in ("curves", "digits", "interpretable"):
        assert len(Image.open(tmp_path / f"{name}.png").convert("RGB").getcolors(1 << 24) or []) > 50


def test_completeness_counts_what_is_over_one_percent() -> None:
    completeness = Completeness.of(np.array([0.0, 0.002, 0.01, 0.02]))
    assert completeness.mean == pytest.approx(0.008)
    assert completeness.most == 0.02
    assert completeness.over_one_percent == 1
