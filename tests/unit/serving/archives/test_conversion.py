"""Conversion of bundles: reproducible bytes, without pickles and without data of the machine."""

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import onnx
import orjson
import pytest

from inference.bundle import Bundle
from serving.archives import conversion
from serving.archives.formats import DEFAULT, FORMATS
from serving.errors import UserError
from serving.paths import ROOT

_SUM = """
import hashlib, sys
from pathlib import Path
from inference import bundle
from model import SPEC
from serving.archives import conversion
files = conversion.files(sys.argv[2], bundle.load(Path(sys.argv[1]), SPEC))
print(hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest())
"""


Converted = dict[str, Mapping[str, bytes]]


@pytest.fixture(scope="module")
def converted(small: Bundle) -> Converted:
    """Return the files of each format."""
    return {format_: conversion.files(format_, small) for format_ in FORMATS}


def test_the_default_needs_nothing_beyond_serving() -> None:
    assert FORMATS[DEFAULT].requirements == "serve"


@pytest.mark.parametrize("format_", FORMATS)
def test_the_note_names_the_format(converted: Converted, format_: str) -> None:
    assert converted[format_]["format.txt"] == f"{format_}\n".encode()


@pytest.mark.parametrize("format_", ["eager", "numpy"])
def test_what_runs_on_the_bundle_itself_needs_no_file_of_its_own(converted: Converted, format_: str) -> None:
    assert converted[format_].keys() == {"format.txt"}


@pytest.mark.parametrize("format_", ["export", "onnx", "int8"])
def test_another_process_makes_the_same_bytes(bundle_path: Path, converted: Converted, format_: str) -> None:
    command = [sys.executable, "-c", _SUM, str(bundle_path), format_]
    there = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=240).stdout.strip()
    here = converted[format_]
    assert there == hashlib.sha256(b"".join(here[name] for name in sorted(here))).hexdigest()


@pytest.mark.parametrize("format_", ["export", "onnx", "int8"])
def test_no_path_of_this_machine_is_in_the_files(converted: Converted, format_: str) -> None:
    (content,) = (data for name, data in converted[format_].items() if name != "format.txt")
    texts = [content]
    if format_ == "export":
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            texts = [file.read(name) for name in file.namelist()]
    assert not any(str(folder).encode() in text for text in texts for folder in (ROOT, Path(sys.prefix)))


def test_the_exported_program_has_no_pickle(converted: Converted) -> None:
    with zipfile.ZipFile(io.BytesIO(converted["export"]["model.pt2"])) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    examples = [content for name, content in contents.items() if "/sample_inputs/" in name]
    configs = [orjson.loads(content)["config"] for name, content in contents.items() if name.endswith("_config.json")]
    assert examples == [b""]
    assert len(configs) == 2  # weights and constants
    assert not any(entry["use_pickle"] for config in configs for entry in config.values())


def test_the_graph_is_valid_onnx(converted: Converted) -> None:
    onnx.checker.check_model(converted["onnx"]["model.onnx"], full_check=True)


def test_a_missing_package_is_named_with_what_installs_it(small: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "serving.archives.onnx_graph", raising=False)
    monkeypatch.delattr("serving.archives.onnx_graph", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"onnx needs the package onnx: .*-r requirements/onnx\.txt"):
        conversion.files("onnx", small)
