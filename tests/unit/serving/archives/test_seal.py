"""Allowed contents of an archive, and refusal of hidden contents."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import bundle, golden, runtimes
from inference.runtimes import export
from serving import paths
from serving.archives import record, seal
from serving.archives.package import ModelPackage
from serving.archives.record import Archive
from serving.archives.seal import SealError

FILES = {"model/network.py": b"# code", "model.safetensors": b"weights", seal.MANIFEST: b'{"model": {}}'}
SEALED = seal.seal(FILES)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip file of these entries after the valid ones."""
    file = io.BytesIO(SEALED)
    with zipfile.ZipFile(file, "a", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of duplicate names
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


def entry(name: str, mode: int = 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("placeholder", (1980, 1, 1, 0, 0, 0))
    info.filename = info.orig_filename = name  # the constructor would clean the name
    info.create_system, info.external_attr = 3, mode << 16
    return info


BAD_NAMES = [
    "../evil.py",
    "model/../../evil.py",
    "/etc/cron.d/evil",
    "C:/evil.py",
    "..\\evil.py",
    "model\\evil.py",
    "model//evil.py",
    "model/./evil.py",
    "model/",
    "model/Network.py",
    "model/évil.py",
    "model/evil.py\n",
    "torch.py",
    "numpy/__init__.py",
    "model/evil.so",
    "model/weights.pickle",
    "requirements.txt",
    "",
]
BAD: dict[str, Callable[[], bytes]] = {
    "a symbolic link": lambda: zipped((entry("model/link.py", 0o120777), b"/etc/passwd")),
    "an executable file": lambda: zipped((entry("model/run.py", 0o755), b"x")),
    "a file twice": lambda: zipped((entry("model/network.py"), b"# other code")),
    "too many files": lambda: zipped(*[(entry(f"model/m{index}.py"), b"") for index in range(seal.MOST_FILES)]),
    "a bomb": lambda: zipped((zipfile.ZipInfo("golden.safetensors"), bytes(1 << 24)), compression=zipfile.ZIP_DEFLATED),
    "a size that is not true": lambda: SEALED.replace(len(b"weights").to_bytes(4, "little"), b"\xff\xff\xff\x7f"),
    "other entries before it": lambda: seal.seal({"sitecustomize.py": b"evil"}) + SEALED,
    "bytes before it": lambda: b"#!/bin/sh\n" + SEALED,
    "bytes after it": lambda: SEALED + b"\0",
    "a comment": lambda: SEALED[:-2] + b"\x04\x00evil",
    "a local header that says another name": lambda: SEALED.replace(b"model/network.py", b"../../evil/ab.py", 1),
    "its end cut off": lambda: SEALED[:-30],
    "nothing": lambda: b"",
    "no zip file": lambda: b"PK\x03\x04 nothing",
}


def test_the_files_come_out_as_they_went_in() -> None:
    assert seal.opened(SEALED) == FILES
    assert seal.seal(dict(reversed(FILES.items()))) == SEALED


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_no_archive_has_is_neither_packed_nor_opened(name: str) -> None:
    with pytest.raises(SealError, match="unexpected entry"):
        seal.seal({name: b"x"})
    with pytest.raises(SealError):
        seal.opened(zipped((entry(name), b"x")))


@pytest.mark.parametrize("case", BAD)
def test_an_archive_with_anything_hidden_in_it_is_refused(case: str) -> None:
    content = BAD[case]()
    assert content != SEALED
    with pytest.raises(SealError):
        seal.opened(content)


def test_an_archive_too_large_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "MOST_BYTES", 10)
    with pytest.raises(SealError, match="10 are allowed"):
        seal.seal(FILES)
    with pytest.raises(SealError, match="10 are allowed"):
        seal.opened(SEALED)


def test_an_archive_may_have_as_many_files_and_bytes_as_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "MOST_FILES", 3)
    monkeypatch.setattr(seal, "MOST_BYTES", sum(map(len, FILES.values())))
    assert seal.opened(seal.seal(FILES)) == FILES
    monkeypatch.setattr(seal, "MOST_FILES", 2)
    with pytest.raises(SealError, match="it has 3 entries; 2 are allowed"):
        seal.opened(SEALED)
    monkeypatch.setattr(seal, "MOST_FILES", 3)
    monkeypatch.setattr(seal, "MOST_BYTES", seal.MOST_BYTES - 1)
    with pytest.raises(SealError, match="are allowed"):
        seal.seal(FILES)


@given(st.data())
def test_not_one_bit_can_be_changed_unseen(data: st.DataObject) -> None:
    content = bytearray(SEALED)
    for at in data.draw(st.lists(st.integers(0, len(SEALED) - 1), min_size=1, max_size=4, unique=True)):
        content[at] ^= data.draw(st.integers(1, 255))
    try:
        files = seal.opened(bytes(content))
    except SealError:
        return
    assert seal.seal(files) == content  # another archive, whose files have all of its bytes
    assert files != FILES


def test_the_manifest_names_the_model() -> None:
    manifest = {"model": {"modelName": "digits", "modelVersion": "1.0"}}
    assert seal.manifest({seal.MANIFEST: json.dumps(manifest).encode()}) == manifest["model"]
    for content in (b"", b"[]", b"{}", b'{"model": null}', b"[" * 100_000):
        with pytest.raises(SealError, match="MANIFEST"):
            seal.manifest({seal.MANIFEST: content})


def test_the_names_are_those_that_archives_have(built: Archive) -> None:
    names = seal.opened(built.path.read_bytes()).keys()
    assert {name for name in names if "/" not in name} <= seal.NAMES
    assert {bundle.WEIGHTS, golden.FILE, runtimes.FILE, export.FILE, "model.onnx"} <= seal.NAMES
    assert {paths.HANDLER.name, paths.MODEL_CONFIG.name} <= seal.NAMES
    code = list(record.sources(ModelPackage()))
    assert set(seal.opened(seal.seal(dict.fromkeys(code, b"")))) == set(code)


def test_an_archive_of_the_archiver_alone_is_not_sealed(built: Archive, tmp_path: Path) -> None:
    """TorchServe would load it, but its signature would not cover a known list of contents."""
    loose = tmp_path / "loose.mar"
    with zipfile.ZipFile(loose, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in seal.opened(built.path.read_bytes()).items():
            file.writestr(name, content)
    with pytest.raises(SealError, match=r"regular file|compressed"):
        seal.opened(loose.read_bytes())
