"""The record beside an archive: it identifies the built archive, and shows if that is stale."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from inference import drift
from inference.samples import FILE as SAMPLES
from serving.archives import record
from serving.archives.formats import FORMATS
from serving.archives.package import ModelPackage
from serving.archives.record import Archive, Release, Signature
from serving.paths import MODEL_CONFIG

ARCHIVE = b"the bytes of an archive"
PACKAGE = ModelPackage()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Return an archive with its record. Records accept any bytes."""
    path = tmp_path / "digits.mar"
    path.write_bytes(ARCHIVE)
    digits = Archive(path, record.sha256(ARCHIVE), "inputs", "digits")
    record.record_path(path).write_bytes(digits.record())
    return digits


def test_an_archive_as_its_record_describes_it(archive: Archive) -> None:
    assert record.recorded(archive.path) == archive


def test_the_record_lies_beside_the_archive(archive: Archive) -> None:
    assert record.record_path(archive.path) == archive.path.with_name("digits.mar.json")
    content = {"name": "digits", "version": "1.0", "sha256": archive.sha256, "inputs": "inputs"}
    assert json.loads(archive.record()) == content


def test_a_record_tells_who_signed_the_archive(archive: Archive) -> None:
    signed = replace(archive, signature=Signature("key", "signature"))
    record.record_path(archive.path).write_bytes(signed.record())
    assert record.recorded(archive.path) == signed


def test_bytes_name_and_version_are_what_is_signed(archive: Archive) -> None:
    assert archive.statement == f"archive digits 1.0 sha256 {archive.sha256}\n".encode()
    assert replace(archive, version="2.0").statement != archive.statement
    assert replace(archive, name="letters").statement != archive.statement


def test_an_archive_that_is_another_than_recorded_is_not_known(archive: Archive) -> None:
    archive.path.write_bytes(ARCHIVE + b" changed")
    assert record.recorded(archive.path) is None


def test_an_archive_without_its_record_is_not_known(archive: Archive) -> None:
    record.record_path(archive.path).unlink()
    assert record.recorded(archive.path) is None


def test_a_record_without_its_archive_is_not_known(archive: Archive) -> None:
    archive.path.unlink()
    assert record.recorded(archive.path) is None


NESTED = ["[" * 60_000, '{"a":' * 10_000]


@pytest.mark.parametrize(
    "content", ["", "{", "{}", "[]", "null", '"text"', '{"sha256": "x"}', '{"inputs": "x"}', "\0", *NESTED]
)
def test_a_damaged_record_is_not_known(archive: Archive, content: str) -> None:
    record.record_path(archive.path).write_text(content)
    assert record.recorded(archive.path) is None


def test_a_record_of_more_than_64_kib_is_not_known(archive: Archive) -> None:
    path = record.record_path(archive.path)
    good = path.read_bytes()
    path.write_bytes(good.ljust(64 << 10))
    assert record.described(archive.path) == archive
    path.write_bytes(good.ljust((64 << 10) + 1))
    assert record.described(archive.path) is None


@pytest.mark.timeout(10)
def test_a_record_or_an_archive_that_is_no_regular_file_is_not_known(archive: Archive) -> None:
    for path in (archive.path, record.record_path(archive.path)):
        content = path.read_bytes()
        path.unlink()
        os.mkfifo(path)
        assert record.recorded(archive.path) is None
        path.unlink()
        path.write_bytes(content)
    assert record.recorded(archive.path) == archive


@pytest.mark.parametrize("field", ["name", "version", "inputs", "sha256"])
def test_a_field_that_would_change_what_a_terminal_shows_is_not_known(archive: Archive, field: str) -> None:
    for text in ("digits\n", "\x1b[2J"):
        content = json.loads(archive.record()) | {field: text}
        record.record_path(archive.path).write_text(json.dumps(content))
        assert record.described(archive.path) is None


def test_a_record_that_is_no_text_is_not_known(archive: Archive) -> None:
    record.record_path(archive.path).write_bytes(b"\xff\xfe")
    assert record.recorded(archive.path) is None


def test_the_same_inputs_have_the_same_sum(bundle_path: Path) -> None:
    assert record.inputs(PACKAGE, bundle_path, Release()) == record.inputs(PACKAGE, bundle_path, Release())


def test_another_bundle_makes_an_archive_stale(bundle_path: Path, tmp_path: Path) -> None:
    other = tmp_path / bundle_path.name
    other.write_bytes(bundle_path.read_bytes() + b"\0")
    assert record.inputs(PACKAGE, other, Release()) != record.inputs(PACKAGE, bundle_path, Release())


@pytest.mark.parametrize("name", [drift.FILE, SAMPLES])
def test_another_file_beside_the_bundle_makes_an_archive_stale(bundle_path: Path, tmp_path: Path, name: str) -> None:
    alone = Path(shutil.copy(bundle_path, tmp_path))
    sums = [record.inputs(PACKAGE, alone, Release())]
    for content in (b"{}", b"{ }"):
        (tmp_path / name).write_bytes(content)
        sums.append(record.inputs(PACKAGE, alone, Release()))
    assert len(set(sums)) == 3


def test_another_version_makes_an_archive_stale(bundle_path: Path) -> None:
    assert record.inputs(PACKAGE, bundle_path, Release("1.1")) != record.inputs(PACKAGE, bundle_path, Release())


def test_another_name_makes_an_archive_stale(bundle_path: Path) -> None:
    named = [record.inputs(PACKAGE, bundle_path, Release(name=name)) for name in ("", "digits", "letters")]
    assert named[0] == named[1] != named[2]


def test_each_format_makes_another_archive(bundle_path: Path) -> None:
    sums = {record.inputs(PACKAGE, bundle_path, Release(format=name)) for name in FORMATS}
    assert len(sums) == len(FORMATS)


@pytest.mark.parametrize("package", ["inference", "model", "handlers"])
@pytest.mark.parametrize("change", ["edited", "added", "removed", "renamed"])
def test_any_change_of_the_code_makes_an_archive_stale(
    bundle_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, change: str
) -> None:
    own, release = ModelPackage(tmp_path / "model"), Release(name="letters")
    monkeypatch.setattr(record, "ROOT", tmp_path)
    monkeypatch.setattr(record, "HANDLER", tmp_path / "handlers" / "inference_handler.py")
    handlers, models = ("inference_handler.py", "a.py"), ("__init__.py", "a.py", "deep/b.py")
    for name in ("inference/a.py", *(f"handlers/{name}" for name in handlers), *(f"model/{name}" for name in models)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n")
    before = record.inputs(own, bundle_path, release)
    file = tmp_path / package / "a.py"
    match change:
        case "edited":
            file.write_text("# other\n")
        case "added":
            file.with_name("c.py").write_text("")
        case "removed":
            file.unlink()
        case "renamed":
            file.rename(file.with_name("z.py"))
    assert record.inputs(own, bundle_path, release) != before


BUILDERS = ("archive.py", "conversion.py", "exported.py", "interface.py", "interfaces.py", "onnx_graph.py", "seal.py")


@pytest.mark.parametrize("changed", [*BUILDERS, "model-config.yaml"])
def test_whatever_else_an_archive_is_made_by_or_of_makes_it_stale(
    bundle_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    copies = {path.name: Path(shutil.copy(path, tmp_path)) for path in (*record._BUILDERS, MODEL_CONFIG)}
    monkeypatch.setattr(record, "_BUILDERS", tuple(copies[path.name] for path in record._BUILDERS))
    monkeypatch.setattr(record, "MODEL_CONFIG", copies[MODEL_CONFIG.name])
    before = record.inputs(PACKAGE, bundle_path, Release())
    with copies[changed].open("a") as file:
        file.write("# changed\n")
    assert record.inputs(PACKAGE, bundle_path, Release()) != before


@pytest.mark.parametrize("format_", FORMATS)
def test_other_locked_packages_make_an_archive_of_their_format_stale(
    bundle_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    lock = Path(shutil.copy(record._LOCKS[format_], tmp_path))
    monkeypatch.setattr(record, "_LOCKS", record._LOCKS | {format_: lock})
    before = record.inputs(PACKAGE, bundle_path, Release(format=format_))
    lock.write_text("torch==0\n")
    assert record.inputs(PACKAGE, bundle_path, Release(format=format_)) != before


def test_the_sources_are_the_packages_that_travel() -> None:
    names = record.sources(PACKAGE).keys()
    assert {"model/__init__.py", "inference/protocols/__init__.py", "handlers/__init__.py"} <= names
    assert "handlers/inference_handler.py" not in names  # torch-model-archiver adds the handler itself
    assert all(name.startswith(("inference/", "model/", "handlers/")) and name.endswith(".py") for name in names)
