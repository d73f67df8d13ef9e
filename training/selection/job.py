"""Part of a comparison, which is recorded when it is complete."""

from typing import Any, Protocol

from training.selection.training_images import TrainingImages

Result = dict[str, Any]


class Job(Protocol):
    """Something to compute, small enough to be lost when the process is killed.

    name      unique within its comparison
    settings  everything that decides the result, except material, code and versions; JSON
    code      modules that compute it
    """

    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> dict[str, Any]: ...

    @property
    def code(self) -> tuple[str, ...]: ...

    def run(self, material: TrainingImages) -> Result: ...
