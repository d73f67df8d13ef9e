"""Staleness of the archive of an own model, and its name."""

from pathlib import Path

import pytest

from serving.declared import folder, staleness
from serving.declared.errors import DeclarationError
from tests import declared


def inputs(path: Path, version: str = "1.0", name: str = "", data: Path | None = None) -> str:
    return staleness.inputs(folder.read(path, name), version, data)


def test_whatever_an_archive_is_made_of_makes_it_stale(tmp_path: Path) -> None:
    own, data = declared.folder(tmp_path / "iris"), tmp_path / "train.csv"
    data.write_text("1,2,3,4\n")
    digests = [inputs(own), inputs(own, version="2.0"), inputs(own, name="flowers"), inputs(own, data=data)]
    data.write_text("1,2,3,5\n")
    digests.append(inputs(own, data=data))
    (own / "samples").mkdir()
    (own / "samples" / "a.json").write_text("[1, 2, 3, 4]")
    digests.append(inputs(own))
    (own / "model.toml").write_text(declared.MODEL + "threshold = 0.5\n")
    digests.append(inputs(own))
    assert len(set(digests)) == len(digests)


def test_hidden_files_and_compiled_code_do_not(tmp_path: Path) -> None:
    own = declared.folder(tmp_path / "iris")
    before = inputs(own)
    for name in (".git/config", ".DS_Store", "__pycache__/network.pyc"):
        (own / name).parent.mkdir(exist_ok=True)
        (own / name).write_text("changed")
    assert inputs(own) == before


@pytest.mark.parametrize("name", ["a/b", "..", "x" * 65, "explainer"])
def test_a_name_that_no_address_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DeclarationError, match="--name is"):
        inputs(declared.folder(tmp_path / "iris"), name=name)
