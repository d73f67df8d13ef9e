"""Patches of TorchServe's Java classes."""

import shutil
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from serving.torchserve import patches
from serving.torchserve.patches import class_patch
from tests.unit.serving.torchserve import disassembly

parametrized = pytest.mark.parametrize("module", patches.MODULES, ids=lambda module: module.__name__.rpartition(".")[2])


def test_the_installed_torchserve_is_patched() -> None:
    for patch in patches.PATCHES:
        assert patch.apply() not in (None, class_patch.original(patch.path))


@parametrized
@pytest.mark.skipif(shutil.which("javap") is None, reason="javap is part of a JDK")
def test_the_class_file_differs_by_the_listed_instructions_alone(tmp_path: Path, module: ModuleType) -> None:
    before, after = tmp_path / "Original.class", tmp_path / Path(module.PATCH.path).name
    after.write_bytes(module.PATCH.apply())
    before.write_bytes(class_patch.original(module.PATCH.path))
    listed = [line[4:] for line in (module.__doc__ or "").splitlines() if line.startswith("    ")]
    assert disassembly.changes(before, after) == listed


def test_a_class_that_differs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_patch, "original", lambda path: b"another")
    with zipfile.ZipFile(patches.jar(tmp_path)) as jar:
        assert jar.namelist() == []


def test_the_jar_of_patched_classes_is_made_once(tmp_path: Path) -> None:
    path = patches.jar(tmp_path / "jar")
    with zipfile.ZipFile(path) as jar:
        classes = {entry.filename: jar.read(entry) for entry in jar.infolist()}
    assert classes == {patch.path: patch.apply() for patch in patches.PATCHES}
    before = path.stat().st_mtime_ns
    assert patches.jar(tmp_path / "jar") == path
    assert path.stat().st_mtime_ns == before
