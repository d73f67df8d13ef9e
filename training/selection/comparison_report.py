"""Report of a comparison: a page with a plot and figures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from matplotlib.figure import Figure

from inference import files
from training.reports import folders, markdown, page, plots
from training.selection.conditions import Conditions


@dataclass(frozen=True)
class ComparisonReport:
    """Figures of a comparison. ``name`` is the name of its page, whose template lies beside the ``module``."""

    name: ClassVar[str]
    module: ClassVar[str]

    @property
    def table(self) -> str:
        """Return the result as a table in Markdown."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """Return additional values for the template."""
        raise NotImplementedError

    def draw(self) -> Figure:
        raise NotImplementedError

    def text(self, conditions: Conditions) -> str:
        """Return the page."""
        known = {**vars(self), **self.values(), "table": self.table, "conditions": conditions}
        return page.render(self.module, [markdown.p_value], **known)

    def write(self, conditions: Conditions, docs: Path) -> None:
        """Write the page, its plot and its figures. Raises OSError."""
        plots.save(self.draw(), docs / "images" / f"{self.name}.png")
        files.replace_json(folders.results(docs) / f"{self.name}.json", {**vars(self), "conditions": conditions})
        files.replace(docs / f"{self.name}.md", self.text(conditions).encode())
