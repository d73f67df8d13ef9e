"""Cross-validation of all models, from prepared data to the report."""

from dataclasses import dataclass
from pathlib import Path

from training.reports import folders
from training.selection import folds, jobs, selection_report, standings
from training.selection.candidates import Candidate
from training.selection.conditions import Conditions
from training.selection.runner import JobRunner
from training.selection.standings import Duel, Standing


@dataclass(frozen=True)
class ModelComparison:
    """Comparison of models; ``images``: in all folds together."""

    standings: list[Standing]
    duels: list[Duel]
    images: int
    name = "selection"

    @property
    def table(self) -> str:
        return selection_report.ranking(self.standings)

    def write(self, conditions: Conditions, docs: Path) -> None:
        """Write the page, its picture and its figures. Raises OSError."""
        text = selection_report.render(self.standings, self.duels, self.images, conditions)
        figures = vars(self) | {"conditions": conditions}
        folders.publish(self.name, docs, selection_report.draw(self.standings), figures, text)


def compare(candidates: list[Candidate], runner: JobRunner, number: int, seed: int) -> ModelComparison:
    """Evaluate every candidate on each of ``number`` folds. A second call resumes after a kill.

    Raises ValueError if there cannot be so many folds, and what ``runner.finish`` raises.
    """
    whole = runner.material.whole
    folds.stratified(whole.labels, number, seed)  # so that a wrong number is told before any work
    trials = jobs.fold_runs(candidates, number, seed)
    with runner.bar(len(trials)):
        results = runner.finish(trials)
    by_candidate = [results[place :: len(candidates)] for place in range(len(candidates))]
    standings_ = [standings.standing(*pair) for pair in zip(candidates, by_candidate, strict=True)]
    wrong = {
        standing.name: {image for fold in its for image in fold["wrong"]}
        for standing, its in zip(standings_, by_candidate, strict=True)
    }
    return ModelComparison(standings_, standings.duels(standings_, wrong), len(whole))
