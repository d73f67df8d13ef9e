"""Class-data sharing: the archive is made once, and used only where it fits."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from serving.torchserve import class_data, command, java

HOME = Path(java.environment()["JAVA_HOME"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("classes")


@pytest.fixture(scope="module")
def classes(folder: Path) -> str:
    return command.class_path(folder)


@pytest.fixture(scope="module")
def options(folder: Path, classes: str) -> list[str]:
    return class_data.options(HOME, classes, folder)


def sources(classes: str, options: list[str]) -> str:
    """Return the sources of the classes that the JVM loads to print TorchServe's own help."""
    line = [str(HOME / "bin" / "java"), *options, "-Xlog:class+load", "-cp", classes, command.CLASS, "--help"]
    completed = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    return next(entry for entry in completed.stdout.splitlines() if f" {command.CLASS} " in entry)


def test_a_jvm_takes_its_classes_from_the_file(classes: str, options: list[str]) -> None:
    assert "shared objects file" in sources(classes, options)


def test_without_it_they_come_from_the_jar(classes: str) -> None:
    assert "shared objects file" not in sources(classes, [])


def test_it_is_made_once(folder: Path, classes: str, options: list[str]) -> None:
    (file,) = folder.glob("classes-*")
    before = file.stat().st_mtime_ns
    assert class_data.options(HOME, classes, folder) == options
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("content", [b"", b"no class data", b"\0" * 10_000])
def test_a_damaged_file_is_not_used(
    tmp_path: Path, folder: Path, classes: str, options: list[str], content: bytes
) -> None:
    (file,) = folder.glob("classes-*")
    damaged = tmp_path / file.name
    damaged.write_bytes(content)
    assert "shared objects file" not in sources(
        classes, [option.replace(str(file), str(damaged)) for option in options]
    )


def test_a_file_of_another_jar_is_not_used(tmp_path: Path, classes: str, options: list[str]) -> None:
    patched, original = classes.split(":")
    other = tmp_path / "other.jar"
    shutil.copyfile(patched, other)
    assert "shared objects file" not in sources(f"{other}:{original}", options)


def test_while_another_process_makes_it_there_is_none(tmp_path: Path, classes: str) -> None:
    with (tmp_path / "class-data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert class_data.options(HOME, classes, tmp_path) == []
    assert not list(tmp_path.glob("classes-*"))


def broken(home: Path, version: int) -> Path:
    """Write a Java that only prints its version and records its runs. Return its home."""
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f'#!/bin/sh\necho "$@" >>{home}/runs\n[ "$1" = -version ] && echo \'version "{version}"\' >&2\n')
    java.chmod(0o755)
    return home


def test_what_cannot_be_made_is_not_tried_again(tmp_path: Path, classes: str) -> None:
    home, store = broken(tmp_path / "jdk", 17), tmp_path / "made"
    store.mkdir()
    for _ in range(2):
        assert class_data.options(home, classes, store) == []
    runs = (home / "runs").read_text().splitlines()
    assert sum(command.CLASS in run for run in runs) == 1


def test_two_kinds_of_java_have_a_file_each_and_a_third_takes_the_place_of_the_oldest(
    tmp_path: Path, classes: str
) -> None:
    store = tmp_path / "made"
    files: list[Path] = []
    store.mkdir()
    for version in (17, 21, 25):
        class_data.options(broken(tmp_path / str(version), version), classes, store)
        (new,) = set(store.glob("classes-*")) - set(files)
        files.append(new)
        os.utime(new, (version, version))
    assert set(store.glob("classes-*")) == set(files[1:])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_another_users_folder_is_left_alone(tmp_path: Path, classes: str) -> None:
    tmp_path.chmod(0o500)
    assert class_data.options(HOME, classes, tmp_path) == []
