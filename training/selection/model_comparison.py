"""Cross-validation of all models, from prepared data to the report."""

from dataclasses import asdict, dataclass
from pathlib import Path

from inference import files
from training.reports import folders, plots
from training.selection import fold_run, folds, selection_plots, selection_report, standings
from training.selection.candidate import Candidate
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
        """Write the page and its picture below ``docs``, and the figures in results/ next to it. Raises OSError."""
        plots.save(selection_plots.draw(self.standings), docs / "images" / f"{self.name}.png")
        files.replace_json(
            folders.results(docs) / f"{self.name}.json", asdict(self) | {"conditions": asdict(conditions)}
        )
        text = selection_report.render(self.standings, self.duels, self.images, conditions)
        files.replace(docs / f"{self.name}.md", text.encode())


def compare(candidates: list[Candidate], runner: JobRunner, number: int, seed: int) -> ModelComparison:
    """Evaluate every candidate on each of ``number`` folds. A second call resumes after a kill.

    Raises ValueError if there cannot be so many folds, and what ``runner.finish`` raises.
    """
    whole = runner.material.whole
    folds.stratified(whole.labels, number, seed)  # so that a wrong number is told before any work
    trials = fold_run.of(candidates, number, seed)
    with runner.bar(len(trials)):
        results = runner.finish(trials)
    by_candidate = [results[place :: len(candidates)] for place in range(len(candidates))]
    standings_ = [standings.standing(*pair) for pair in zip(candidates, by_candidate, strict=True)]
    wrong = {
        standing.name: {image for fold in its for image in fold["wrong"]}
        for standing, its in zip(standings_, by_candidate, strict=True)
    }
    return ModelComparison(standings_, standings.duels(standings_, wrong), len(whole))
