"""The container image contains what its commands import, source and open."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from inference.bundle import Bundle
from serving.paths import ROOT
from tests.unit.deploy import image, needs

# Files that code in the image names, but that the image does not need.
_DONE_WITHOUT = {
    ".keys/signing.pem": "for the machine that packages",
    ".run": "made by commands that are given no other folder",
    "bundles": "packaged into the archive",
    "requirements": "hashed where an archive is packaged",
}
COMMANDS = image.commands()
STORE, SERVED = "model_store/", "model_store/digits.mar"


def missing(command: str, copied: Iterable[str]) -> list[str]:
    """Return the modules that a command needs and these files lack."""
    generated = {source for source in image.sources() if not (ROOT / source).is_file()}  # keys may exist at build time
    known = {*copied, *generated}
    folders = {str(parent) for path in known for parent in Path(path).parents}
    sources = image.started(command)
    modules = needs.closure(sources)
    required = {command, *sources, *modules, *(path for paths in modules.values() for path in paths)}
    own = {path for path in required if path.startswith(STORE) and not path.startswith(SERVED)}  # archives of users
    return sorted(path for path in required - own - known - folders if not path.startswith(tuple(_DONE_WITHOUT)))


@pytest.fixture(autouse=True, scope="module")
def _packaged(product: Bundle) -> None:
    """Read the files of the image again, after the archive and its key were made."""
    image.files.cache_clear()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_image_contains_what_its_commands_need(command: str) -> None:
    assert missing(command, image.files()) == []


@pytest.mark.parametrize("stage", [1, 2])
def test_what_a_stage_copies_is_here_and_reaches_the_builder(stage: int) -> None:
    sources = list(image.sources(stage))
    assert len(sources) >= 2
    for source in sources:
        assert any(image.is_sent(path) for path in image.under(source)), source


def test_the_image_has_the_commands_of_an_operator() -> None:
    names = {command.rpartition("/")[2] for command in COMMANDS}
    assert {"serve", "clients", "keys", "models", "rollout", "scale"} <= names
    assert not {"train", "package", "test"} & names


@pytest.mark.parametrize(
    "path",
    [
        "serving/node/supervisor.py",
        "serving/__init__.py",
        "serving/gateway/haproxy.cfg",
        "serving/openapi/template.yaml",
        "inference/spec.py",
        "config.properties",
        "log4j2.xml",
        "pyproject.toml",
    ],
)
def test_a_file_that_was_left_out_is_missed(path: str) -> None:
    assert path in image.files()
    assert path in missing(COMMANDS[0], image.files() - {path})


def test_a_folder_that_was_left_out_is_missed() -> None:
    without = {path for path in image.files() if not path.startswith("serving/gateway/")}
    assert {"serving/gateway/__init__.py", "serving/gateway/page.html"} <= set(missing(COMMANDS[0], without))


def test_what_is_imported_only_where_it_is_there_is_not_needed() -> None:
    tree = ast.parse(
        "if TYPE_CHECKING:\n    import a\ntry:\n    import b\nexcept ModuleNotFoundError:\n    import c\n"
        "def f():\n    from d import e\ntry:\n    import g\nexcept ValueError:\n    pass\n"
    )
    assert list(needs._imported(tree)) == ["c", "d.e", "g"]


def test_the_builder_is_sent_nothing_else() -> None:
    for path in (".keys/signing.pem", "training/__init__.py", "tests/__init__.py", "docs/api.md", ".venv/bin/python"):
        assert not image.is_sent(path), path
    assert not image.is_sent("serving/__pycache__/paths.cpython-311.pyc")
    assert image.is_sent(".keys/trusted/key.pem")
