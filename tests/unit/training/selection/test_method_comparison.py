import dataclasses

import pytest

from training.fit.presets import Preset
from training.selection import methods
from training.selection.conditions import Conditions
from training.selection.method_comparison import MethodComparison
from training.selection.methods import MethodOutcome, Setting

PLAIN = MethodOutcome(
    "cross_entropy",
    "Adam",
    "learning_rate",
    (Setting(0.001, 0.96), Setting(0.003, 0.97), Setting(0.01, 0.95)),
    0.003,
    (0.97, 0.972, 0.968),
    (0.99, 0.992, 0.988),
    ((0.9, 0.97), (0.91, 0.972), (0.89, 0.968)),
    4.5,
)


def like(group: str, name: str, shift: float, chosen: float = 0.003, **changes: object) -> MethodOutcome:
    accuracies = tuple(accuracy + shift for accuracy in PLAIN.accuracies)
    outcome = dataclasses.replace(PLAIN, group=group, name=name, accuracies=accuracies, chosen=chosen)
    return dataclasses.replace(outcome, **changes)  # type: ignore[arg-type]


OUTCOMES = [
    PLAIN,
    like("cross_entropy", "SGD", -0.02, chosen=0.01),
    like("mean_squared_error", "BGD", -0.5),
    like(methods.REGULARISERS, "dropout", 0.01),
    like(methods.REGULARISERS, "L1", 0.0001),
    like(methods.REGULARISERS, "early stopping", -0.03, curves=((0.9,), (0.9, 0.91), (0.9,))),
]
PRESET = Preset(hidden=(128,), epochs=2, batch=64, learning_rate=0.001)
CONDITIONS = Conditions("scripts/compare methods", "of a test's images", jobs=1)
COMPARISON = MethodComparison(OUTCOMES, PRESET, 90, 10)
TEXT = COMPARISON.text(CONDITIONS)
FLAT = " ".join(TEXT.split())


def test_every_method_s_figures_are_told() -> None:
    row = "| cross-entropy | Adam | `learning_rate` 0.003 | 97.00 ± 0.20 | 99.00 ± 0.20 | 2 | 4.50 |"
    assert row in TEXT
    assert (
        "| regularisers | early stopping | `learning_rate` 0.003 | 94.00 ± 0.20 | 99.00 ± 0.20 | 1 to 2 | 4.50 |"
        in TEXT
    )
    assert "| mean squared error | BGD |" in TEXT


def test_every_setting_tried_is_told_and_the_chosen_is_bold() -> None:
    assert "| cross-entropy | Adam | `learning_rate` | 0.001: 96.00; **0.003: 97.00**; 0.01: 95.00 |" in TEXT


def test_the_words_follow_from_the_figures() -> None:
    assert "With cross-entropy, Adam is best with 97.00 %; with mean squared error, BGD is best with 47.00 %." in FLAT
    assert "Gain over Adam alone in points: dropout (+1.00), early stopping (-3.00)." in FLAT
    assert "Not different by more than two standard errors: L1 (+0.01)." in FLAT
    assert "a better one may be outside, for SGD (cross-entropy)." in FLAT


def test_the_budget_is_told() -> None:
    assert "Trained on 90 of a test's images, judged on 10 others." in FLAT
    assert "always 784-128-10. It sees every training image 2 times, in batches of 64" in FLAT


def test_of_equal_settings_the_first_is_chosen() -> None:
    assert methods.best_setting([Setting(0.1, 0.9), Setting(0.3, 0.95), Setting(1.0, 0.95)]) == 0.3


@pytest.mark.parametrize(("quick", "runs"), [(False, 4), (True, 2)])
def test_there_are_both_losses_and_all_optimizers(quick: bool, runs: int) -> None:
    optimizers = methods.optimizers(quick=quick)
    assert {(method.preset.loss, method.preset.optimizer) for method in optimizers} == {
        (loss, name) for loss in methods.LOSSES for name in ("bgd", "sgd", "adam", "adamw")
    }
    assert all(len(method.values) >= runs for method in optimizers)
    assert len({(method.preset.epochs, method.preset.batch, method.preset.sizes()) for method in optimizers}) == 1


def test_regularisers_differ_from_the_base_in_themselves_alone() -> None:
    (base,) = (method.preset for method in methods.optimizers() if methods.is_base(method.group, method.name))
    for method in methods.regularisers(base):
        for value in method.values:
            preset = method.at(value)
            changed = {f.name for f in dataclasses.fields(Preset) if getattr(preset, f.name) != getattr(base, f.name)}
            assert changed <= {method.knob, "optimizer"}
            assert getattr(preset, method.knob) == value


def test_the_picture_has_a_line_for_each_optimizer_and_a_row_for_each_regulariser() -> None:
    figure = COMPARISON.draw()
    cross_entropy, squared, regularisers = figure.axes
    assert (len(cross_entropy.lines), len(squared.lines)) == (2, 1)
    names = [label.get_text() for label in regularisers.get_yticklabels()]
    assert names == ["none (Adam)", "dropout, 0.003", "L1, 0.003", "early stopping, 0.003"]
