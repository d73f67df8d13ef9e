"""Damaged files are refused in one line that names the file and the remedy."""

import shutil
from pathlib import Path

import pytest

from model import SPEC
from serving import paths
from tests import forked
from tests.live.commands import refused, run

NESTED = '{"a":' * 100_000


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of files that no script can use, named after their faults."""
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "empty").write_bytes(b"")
    (folder / "folder").mkdir()
    (folder / "garbage").write_bytes(bytes(range(256)) * 40)
    (folder / "nested").write_text(NESTED)
    (folder / "truncated").write_bytes(paths.archive(SPEC.name).read_bytes()[:100_000])
    (folder / "half").write_bytes(paths.BUNDLE.read_bytes()[:100_000])
    import torch

    torch.save({"layers.0.weight": torch.zeros(3)}, folder / "state_dict")
    for name in ("truncated", "nested-record", "empty-record"):
        (folder / name).write_bytes(paths.archive(SPEC.name).read_bytes()[: 100_000 if name == "truncated" else None])
        record = NESTED if name == "nested-record" else "" if name == "empty-record" else "{}"
        (folder / f"{name}.json").write_text(record)
    return folder


BUNDLES = ("missing", "empty", "folder", "garbage", "nested", "truncated", "half", "state_dict")


@pytest.mark.parametrize("kind", BUNDLES)
def test_package_refuses_what_is_no_bundle(kind: str, damaged: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mar"
    line = refused(forked.run("package", "--out", out, "--bundle", damaged / kind))
    assert kind in line
    assert "scripts/train" in line
    assert not out.exists()


@pytest.mark.parametrize("kind", [*BUNDLES, "nested-record", "empty-record"])
def test_rollout_refuses_what_is_no_archive(kind: str, damaged: Path, tmp_path: Path) -> None:
    line = refused(forked.run("rollout", "--directory", tmp_path, damaged / kind))
    assert kind in line
    assert "build it with scripts/package" in line or "is not a regular file" in line


@pytest.mark.parametrize("kind", ["missing", "state_dict"])
@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "--bundle"),
        ("faithfulness", "--bundle"),
        ("train", "--data"),
        ("compare", "--quick", "--data"),
        ("tune", "--quick", "--space"),
    ],
    ids=" ".join,
)
def test_training_scripts_refuse_damaged_input(command: tuple[str, ...], kind: str, damaged: Path) -> None:
    line = refused(forked.run(*command, damaged / kind))
    assert kind in line or "the space is empty: name at least one hyperparameter" in line


STATE = {
    "state.json": (["keys"], ["scale", "2"], ["rollout", "--rollback"], ["up"]),
    "settings.json": (["up", "--check"], ["serve"]),
    "deployment.json": (["rollout", "--history"], ["up"]),
    "copies.json": (["models", "remove", "iris"], ["up"], ["up", "--check"]),
    "gateway/state.json": (["clients", "list"], ["clients", "add", "me"], ["down"], ["up", "--gateway"]),
    "playground.json": (["down"], ["playground", "--background"]),
}
REMEDIES = ("scripts/down ends", "remove it", "remove the file")


@pytest.mark.parametrize("kind", ["folder", "nested"])  # tests/unit/serving/test_state.py has all kinds
@pytest.mark.parametrize("file", STATE)
def test_a_damaged_run_folder_is_told_with_its_remedy(file: str, kind: str, damaged: Path, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (shutil.copytree if kind == "folder" else shutil.copy)(damaged / kind, tmp_path / file)
    for script, *words in STATE[file]:
        line = refused(forked.run(script, "--directory", tmp_path, *words))
        assert f"{tmp_path / file} is damaged" in line
        assert any(remedy in line for remedy in REMEDIES), line


def test_down_ends_what_a_damaged_state_hides(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(NESTED)
    completed = run(["scripts/down", "--directory", str(tmp_path)])
    assert (completed.returncode, completed.stdout) == (0, "nothing runs\n")
    assert not (tmp_path / "state.json").exists()
