"""The request for a sample of an archive: its results equal those recorded in the archive, for each kind of model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from inference.cost import free
from inference.http_message import JSON, Identity, Message
from inference.protocols import Decoder, Request, Template, stack
from scripts.starting import verification
from serving.archives.samples import Golden, read_golden
from serving.declared import build, folder, resolution
from serving.declared.resolution import Resolved
from tests import declared


def packaged(own: Path) -> tuple[Resolved, Golden]:
    resolved = resolution.resolve(folder.read(own))
    build.build(resolved, own.with_suffix(".mar"), "1.0")
    return resolved, read_golden(own.with_suffix(".mar"))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (declared.iris, declared.MODEL),
        (declared.photos, "[input]\nimage = { image_mean = [0.5], image_std = [0.25] }"),
        (declared.sums, '[output]\ntensor = "sum"\nnames = ["total"]'),
        (declared.sums, '[output]\ntensor = "sum"'),
        (declared.sums, ""),
        (declared.cell, declared.CELL),
        (declared.words, ""),
        (declared.lengths, "[inputs.signal]\nshape = [-1]"),
    ],
    ids=["table", "image", "names", "values", "tensors", "inputs", "texts", "lengths"],
)
def test_the_sample_is_answered_as_when_it_was_packaged(
    tmp_path: Path, make: Callable[[Path], Path], text: str
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    make(own / "iris.onnx")
    resolved, known = packaged(declared.folder(own, text))
    spec = resolved.spec
    request = Decoder(spec).decode(Message(known.request, JSON), free)
    rows, (normalised,) = stack(spec.preprocessing, [request], [free])
    batch = Template(spec.output, Identity("own", "1.0", "w")).batch(resolved.network.predict(rows))
    assert isinstance(normalised, Request)
    (answer,) = orjson.loads(normalised.answer(batch, 0).body)["predictions"]
    assert verification.missed(known, answer) < 1e-5


def test_another_answer_is_noticed(tmp_path: Path) -> None:
    own = tmp_path / "sums"
    own.mkdir()
    declared.sums(own / "iris.onnx")
    _, known = packaged(declared.folder(own, ""))
    ((a, b),) = orjson.loads(known.request)["instances"]
    right = {"sum": a + b, "double": [2 * int(a), 2 * int(b)]}
    assert verification.missed(known, right) < 1e-6
    assert verification.missed(known, right | {"sum": a + b + 1}) > 1e-3


def test_numbers_are_written_short(tmp_path: Path) -> None:
    _, known = packaged(declared.folder(tmp_path / "iris"))
    assert b"0000000" not in known.request  # the shortest text of a float32
    assert np.isfinite(orjson.loads(known.request)["instances"]).all()
