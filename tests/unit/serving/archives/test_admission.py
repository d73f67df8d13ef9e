"""Admission of signed archives, and refusal of altered ones."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from serving.archives import admission, record, seal, signing
from serving.archives.admission import RefusedError
from serving.archives.record import Archive
from serving.torchserve import server


@pytest.fixture
def copy(built: Archive, tmp_path: Path) -> Path:
    """Return a copy of an archive and its record, which tests may damage."""
    for path in (built.path, record.record_path(built.path)):
        shutil.copy(path, tmp_path)
    return tmp_path / built.path.name


def recorded_as(path: Path, archive: Archive) -> None:
    record.record_path(path).write_bytes(archive.record())


def changed(path: Path, **fields: str | None) -> None:
    """Change fields of the record. None removes a field."""
    content = json.loads(record.record_path(path).read_text()) | fields
    record.record_path(path).write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def swapped(path: Path, content: bytes) -> None:
    """Replace the content, and its checksum in the record."""
    path.write_bytes(content)
    changed(path, sha256=record.sha256(content))


def signed(path: Path, content: bytes, version: str = "1.0") -> None:
    """Replace the content by any bytes, and sign them with the key of this machine."""
    path.write_bytes(content)
    recorded_as(path, signing.signed(Archive(path, record.sha256(content), "", "digits", version)))


def signed_for(path: Path, name: str) -> None:
    """Write a record that names another model, and sign it with the key of this machine."""
    recorded_as(path, signing.signed(Archive(path, record.sha256(path.read_bytes()), "", name)))


def with_another_name(content: bytes) -> bytes:
    """Return an archive with another name in its manifest."""
    manifest = {"model": {"modelName": "letters", "modelVersion": "1.0"}}
    return seal.seal(seal.opened(content) | {seal.MANIFEST: json.dumps(manifest).encode()})


def in_its_place(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def enlarged(path: Path) -> None:
    os.truncate(path, seal.MOST_ARCHIVE_BYTES + 1)  # a sparse file


def with_other_weights(content: bytes) -> bytes:
    return seal.seal(seal.opened(content) | {"model.safetensors": b"other"})


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no archive": (Path.unlink, "there is no archive"),
    "no record": (lambda path: record.record_path(path).unlink(), "no readable record"),
    "no signature": (lambda path: changed(path, key=None, signature=None), "not signed"),
    "a key without its signature": (lambda path: changed(path, signature=None), "no readable record"),
    "a record of brackets": (lambda path: record.record_path(path).write_text("[" * 100_000), "no readable record"),
    "a record of nested brackets within the bound": (
        lambda path: record.record_path(path).write_text("[" * 60_000),
        "no readable record",
    ),
    "a record that is a FIFO": (lambda path: in_its_place(record.record_path(path), os.mkfifo), "no readable record"),
    "a record that is a folder": (
        lambda path: in_its_place(record.record_path(path), Path.mkdir),
        "no readable record",
    ),
    "an archive that is a FIFO": (lambda path: in_its_place(path, os.mkfifo), "not a regular file"),
    "an archive that is a device": (
        lambda path: in_its_place(path, lambda link: link.symlink_to("/dev/zero")),
        "not a regular file",
    ),
    "an archive that is a folder": (lambda path: in_its_place(path, Path.mkdir), "not a regular file"),
    "an archive that is too large": (enlarged, rf"{seal.MOST_ARCHIVE_BYTES + 1} bytes"),
    "a record without a name": (lambda path: changed(path, name=None), "no readable record"),
    "another name": (lambda path: changed(path, name="letters"), "not one that the key"),
    "another name, and signed": (
        lambda path: signed_for(path, "letters"),
        r"it holds digits 1\.0, and letters 1\.0 was signed",
    ),
    "signed as another model than it holds": (
        lambda path: signed(path, with_another_name(path.read_bytes())),
        r"it holds letters 1\.0, and digits 1\.0 was signed",
    ),
    "a signature that is a number": (lambda path: changed(path, signature=7), "no readable record"),  # type: ignore[arg-type]
    "a foreign key": (lambda path: changed(path, key="0123456789abcdef"), "does not have that key"),
    "another version": (lambda path: changed(path, version="2.0"), "not one that the key"),
    "a flipped bit": (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\1"), "altered"),
    "other weights, and the record to match": (
        lambda path: swapped(path, with_other_weights(path.read_bytes())),
        "not one that the key",
    ),
    "signed, and no archive": (lambda path: signed(path, b"PK\3\4"), "not a readable zip file"),
    "signed, and not sealed": (lambda path: signed(path, b"\0" + path.read_bytes()), "bytes outside its files"),
    "signed as another version than it holds": (
        lambda path: signed(path, path.read_bytes(), "2.0"),
        r"it holds digits 1\.0, and digits 2\.0 was signed",
    ),
}


def test_an_archive_as_it_was_built_is_let_in(built: Archive, copy: Path) -> None:
    assert admission.admit(copy) == replace(built, path=copy)


def test_the_limit_lets_in_every_archive_that_can_be_sealed() -> None:
    names = [f"model/{'a' * 2000}{index}.py" for index in range(seal.MOST_FILES)]
    overhead = len(seal.seal(dict.fromkeys(names, b"")))
    assert seal.MOST_BYTES + overhead < seal.MOST_ARCHIVE_BYTES


def test_an_older_archive_of_the_same_key_is_let_in(copy: Path) -> None:
    """Signatures have no order. docs/security.md says so, and docs/operations.md how to stop trusting an archive."""
    old = copy.with_name("old.mar")
    shutil.copy(copy, old)
    shutil.copy(record.record_path(copy), record.record_path(old))
    signed(copy, with_other_weights(copy.read_bytes()))
    assert admission.admit(copy).sha256 != admission.admit(old).sha256


@pytest.mark.timeout(30)
@pytest.mark.parametrize("case", BAD)
def test_anything_else_is_refused_by_name(copy: Path, case: str, tmp_path: Path) -> None:
    spoil, message = BAD[case]
    spoil(copy)
    with pytest.raises(RefusedError, match=message) as refused:
        admission.admit(copy)
    assert "digits.mar" in str(refused.value)
    with pytest.raises(RefusedError):
        server.start(tmp_path / "run", Archive(copy, "", "", ""))
    assert not (tmp_path / "run").exists()


def test_a_key_that_is_no_longer_trusted_lets_nothing_in(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_TRUSTED_KEYS", str(tmp_path / "nobody"))
    assert signing.trusted() == {}
    with pytest.raises(RefusedError, match="nobody does not have that key"):
        admission.admit(copy)
