"""Labels of classes, from ``model.toml``, a text file, ``config.json`` or ``index_to_name.json``."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.spec import MOST_LABELS
from serving.declared.errors import DeclarationError
from serving.declared.json_file import read_json
from serving.declared.section import Section, shown

CONFIG, INDEX = "config.json", "index_to_name.json"
_MOST_BYTES = 1 << 20


def read(section: Section, folder: Path) -> tuple[str, ...]:
    """Labels in the order of the network's outputs; empty if nothing in the folder names any."""
    if isinstance(section.value("labels"), str):
        labels = _of_file(section, folder)
    elif "labels" in section:
        labels = section.texts("labels") or ()
    else:
        labels = _derived(folder)
    if len(labels) > MOST_LABELS:
        raise section.error(f"there are {len(labels)} labels; at most {MOST_LABELS} are allowed")
    return labels


def _of_file(section: Section, folder: Path) -> tuple[str, ...]:
    """One label a line."""
    path = folder / (section.text("labels") or "")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise section.error(f"labels is {str(section.value('labels'))!r:.60}, which is outside the folder")
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise section.error(f"labels is {path.name!r:.60}, a file that is missing or has over {_MOST_BYTES} bytes")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{path.name} is not UTF-8: {error}") from error
    return Section({"labels": [line.strip() for line in lines]}, path.name, ("labels",)).texts("labels") or ()


def _derived(folder: Path) -> tuple[str, ...]:
    if (config := folder / CONFIG).is_file() and "id2label" in (content := read_json(config)):
        return _ordered(content["id2label"], f"{CONFIG} id2label")
    if (index := folder / INDEX).is_file():
        return _ordered(read_json(index), INDEX)
    return ()


def _ordered(content: Any, place: str) -> tuple[str, ...]:
    """The labels of a mapping from "0", "1", ...; of one that occurs twice, each gets its number."""
    if not isinstance(content, Mapping) or not content:
        raise DeclarationError(f'{place} must be an object like {{"0": "label", ...}}, not {shown(content)}')
    expected = [str(index) for index in range(len(content))]
    if missing := [key for key in expected if key not in content]:
        raise DeclarationError(f"{place} has {len(content)} keys, and lacks {missing[0]!r}: number labels from 0 on")
    # TorchServe's own example maps an index to [WordNet identifier, label]
    labels = [value[-1] if isinstance(value := content[key], list) and value else value for key in expected]
    if wrong := [label for label in labels if not isinstance(label, str) or not label]:
        raise DeclarationError(f"{place} has a label that is no text: {shown(wrong[0])}")
    counts = Counter(labels)
    return tuple(f"{label} ({index})" if counts[label] > 1 else label for index, label in enumerate(labels))
