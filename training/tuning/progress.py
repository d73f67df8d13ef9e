"""Progress of a study on the terminal or in the log."""

import logging
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from tqdm import tqdm

from training.tuning.objective import place
from training.tuning.study import Study, accuracy

_log = logging.getLogger(__name__)


class Progress:
    """Progress bar on a terminal; without one, a log line for each trial that any process has finished."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._seen = {trial.number for trial in study.finished}
        self._bar: Any = tqdm(
            total=study.goal, initial=len(self._seen), unit=" trials", disable=None, dynamic_ncols=True
        )
        if self._seen:
            _log.info("going on: %d of %d trials are done%s", len(self._seen), study.goal, self._best())

    def update(self) -> None:
        for trial in self._study.finished:
            if trial.number not in self._seen:
                self._seen.add(trial.number)
                self._bar.total = self._study.goal
                self._bar.set_postfix_str(self._best().lstrip(", "), refresh=False)
                self._bar.update()
                if self._bar.disable:
                    _log.info("%s%s", line(trial, self._study), self._best())

    def close(self) -> None:
        self.update()
        self._bar.close()

    def _best(self) -> str:
        best = self._study.complete[:1]
        return f", best {100 * accuracy(best[0]):.2f} % in trial {best[0].number}" if best else ""


def line(trial: FrozenTrial, study: Study) -> str:
    """Return a line about a finished trial."""
    if trial.state == TrialState.COMPLETE:
        return f"trial {trial.number}: {100 * accuracy(trial):.2f} %"
    settings = study.settings
    where = place(max(trial.intermediate_values), settings.preset["epochs"], settings.folds)
    return f"trial {trial.number}: pruned after {where} at {100 * accuracy(trial):.2f} %"
