"""The interface of a model: written into an archive, and read from there without the code of the model."""

import zipfile
from pathlib import Path

import pytest

from inference.spec import ModelSpec
from model import SPEC
from serving.openapi import interface
from serving.openapi.interface import FILE, Example, Interface
from tests.models import photos, table

SPECS = {"digits": SPEC, "table": table.SPEC, "photos": photos.SPEC}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_it_comes_back_as_it_was(spec: ModelSpec, tmp_path: Path) -> None:
    original = Interface.of(spec, Example({"x": [1, 2]}, {"label": "a"}))
    with zipfile.ZipFile(tmp_path / "a.mar", "w") as file:
        file.writestr(FILE, original.content())
    copy = interface.read(tmp_path / "a.mar")
    assert copy == original
    assert (copy.input, copy.output) == (spec.input, spec.output)


def test_it_says_what_a_model_has() -> None:
    assert (Interface.of(SPEC).files, next(iter(Interface.of(SPEC).methods))) == (True, "integrated_gradients")
    assert (Interface.of(table.SPEC).files, Interface.of(table.SPEC).methods) == (False, {})


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"input": {}}', b'{"input": {"dtype": "x"}}', None])
def test_an_archive_without_a_readable_one_has_none(
    content: bytes | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with zipfile.ZipFile(tmp_path / "old.mar", "w") as file:
        file.writestr("other", b"" if content is None else content)
        if content is not None:
            file.writestr(FILE, content)
    assert interface.read(tmp_path / "old.mar") is None
    assert "old.mar has no interface that can be read" in caplog.text


def test_what_is_no_archive_has_none(tmp_path: Path) -> None:
    (tmp_path / "x.mar").write_bytes(b"no zip file")
    assert interface.read(tmp_path / "x.mar") is None
    assert interface.read(tmp_path / "missing.mar") is None
