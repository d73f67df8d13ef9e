"""Stored results, with one file for each measurement, so that a killed run can resume."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from inference.files import replace_json
from training.reports import folders
from training.reports.markdown import replace_section

Content = dict[str, Any]


def publish(docs: Path, file: str, results: Content, section: str, text: str) -> None:
    """Store results in results/FILE next to ``docs``. Write ``text`` to the section PAGE.md#NAME, and print it."""
    page, _, name = section.partition("#")
    replace_json(folders.results(docs) / file, results)
    replace_section(docs / page, name, text)
    print(text)


@dataclass(frozen=True)
class Results:
    """Folder of JSON files. A key is a path in it without suffix: ``rounds/1/fastapi/raw-64``."""

    folder: Path

    def get(self, key: str) -> Content | None:
        try:
            content: Content = orjson.loads(self._path(key).read_bytes())
        except FileNotFoundError:
            return None
        return content

    def put(self, key: str, content: Content) -> None:
        """Store a measurement in one step."""
        replace_json(self._path(key), content)

    def has(self, key: str) -> bool:
        return self._path(key).exists()

    def keys(self, pattern: str) -> Iterator[str]:
        """Yield the stored keys that match a pattern such as ``rounds/*/fastapi/raw-64``, in order."""
        paths = self.folder.glob(f"{pattern}.json")
        yield from sorted(str(path.relative_to(self.folder)).removesuffix(".json") for path in paths)

    def all(self, pattern: str) -> list[Content]:
        return [content for key in self.keys(pattern) if (content := self.get(key)) is not None]

    def drop(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Remove the results of a contender, so that it is measured again."""
        self.drop(f"contenders/{name}")
        for folder in self.folder.glob(f"rounds/*/{name}"):
            shutil.rmtree(folder)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"
