"""The version, which only pyproject.toml defines."""

import re

import pytest

from serving import version
from serving.archives.record import Release
from serving.paths import ROOT

PLACES = {  # files that cannot read it, and their places for it
    "docs/openapi.yaml": r"^info: .*version: '(.+?)'",
    "docs/deploy.md": r"--tag digits:(\S+)",
    "deploy/container/Dockerfile": r"--tag digits:(\S+)",
    "deploy/compose/compose.yaml": r"digits:\$\{DIGITS_VERSION:-(.+?)\}",
    "deploy/kserve/inferenceservice.yaml": r"image: digits:(\S+)",
    "deploy/kubernetes/kustomization.yaml": r'newTag: "(.+)"',
    "CHANGELOG.md": r"^## (\S+)$",
}


def test_it_is_pyprojects() -> None:
    assert f'\nversion = "{version.read()}"\n' in (ROOT / "pyproject.toml").read_text()


def test_archives_have_it() -> None:
    assert Release().version == version.read()


@pytest.mark.parametrize("name", PLACES)
def test_every_file_agrees(name: str) -> None:
    versions = re.findall(PLACES[name], (ROOT / name).read_text(), flags=re.MULTILINE)
    assert versions
    assert versions[0] == version.read()
