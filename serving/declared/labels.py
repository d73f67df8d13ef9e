"""Labels of classes, from ``model.toml``, a text file, ``config.json`` or ``index_to_name.json``."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.spec import MOST_LABELS
from serving.declared.errors import DeclarationError
from serving.declared.section import Section, read_object, read_text, shown

CONFIG, INDEX = "config.json", "index_to_name.json"
_MOST_BYTES = 1 << 20


def read(section: Section, folder: Path) -> tuple[str, ...]:
    """Return the labels in the order of the network's outputs; empty if there are none. Raises DeclarationError."""
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
    """Return the labels of a file with one label per line."""
    path = section.file("labels", folder, section.text("labels") or "")
    lines = read_text(path, _MOST_BYTES).splitlines()
    return Section({"labels": [line.strip() for line in lines]}, path.name, ("labels",)).texts("labels") or ()


def _derived(folder: Path) -> tuple[str, ...]:
    if (config := folder / CONFIG).is_file() and "id2label" in (content := read_object(config)):
        return _ordered(content["id2label"], f"{CONFIG} id2label")
    if (index := folder / INDEX).is_file():
        return _ordered(read_object(index), INDEX)
    return ()


def _ordered(content: Any, place: str) -> tuple[str, ...]:
    """Return the labels of a mapping from "0", "1", ...; a label that occurs twice gets its index appended."""
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
