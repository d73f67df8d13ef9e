"""Verification of a model: send a sample of its archive, and compare the answer with that at packaging."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from inference import golden
from inference.results import distance
from serving.archives.samples import Golden, read_golden
from serving.changes.likeness import arrays
from serving.errors import UserError
from serving.torchserve.probe import probe
from serving.torchserve.server import Server

_MOST_SHOWN = 200  # most characters of an answer in a message


def verified(running: Server, name: str, archive: Path) -> str:
    """Request the prediction of a sample, and return a sentence about it. Raises UserError."""
    known = read_golden(archive)
    with running.manage() as management:
        key = management.keys.inference
    (answer,) = probe(replace(running, name=name), key, known.request, "application/json", {})["predictions"]
    difference = missed(known, answer)
    if difference > golden.TOLERANCE:
        raise UserError(f"a sample of {name} differs by {difference:.2g} from its answer at packaging")
    shown = orjson.dumps({key: value for key, value in answer.items() if key not in ("model", "input")}).decode()
    shortened = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."
    return f"{name} is ready. A sample of its archive was answered as when it was packaged: {shortened}"


def missed(known: Golden, answer: Mapping[str, Any]) -> float:
    """Return the distance of an answer from the results of a sample."""
    actual = arrays([answer], known.expected)
    expected = {name: array[:1].ravel() for name, array in known.expected.items()}
    return distance({name: array.ravel() for name, array in actual.items()}, expected)
