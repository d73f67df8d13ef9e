"""Archives of a folder, and the models that a node which does not run is set to serve."""

import shutil
from pathlib import Path

import pytest

from scripts.starting import own_models
from scripts.starting.alone import deployed
from serving import paths
from serving.archives import record
from serving.archives.record import Archive
from serving.declared import folder
from serving.errors import UserError
from serving.node import deployment
from serving.torchserve import properties
from tests import declared
from tests.unit.serving import fake_torchserve


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a model store for the test."""
    folder = tmp_path / "model_store"
    folder.mkdir()
    monkeypatch.setattr(paths, "STORE", folder)
    return folder


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    return declared.folder(tmp_path / "models" / "iris")


def named(path: Path, name: str) -> Path:
    return declared.folder(path, declared.MODEL.replace('"iris"', f'"{name}"', 1))


def names(archives: list[Archive]) -> list[str]:
    return [archive.name for archive in archives]


def test_a_folder_gives_archives_and_models(iris: Path, run: Path) -> None:
    archives = own_models.archives(iris.parent, run)
    assert names(archives) == ["iris"]
    assert own_models.archives(iris, run) == archives  # the folder of the model
    changed = archives[0].path.stat().st_mtime_ns
    assert own_models.archives(iris, run) == archives
    assert archives[0].path.stat().st_mtime_ns == changed  # up to date
    for path in (archives[0].path, record.record_path(archives[0].path)):
        shutil.move(path, iris.parent)
    shutil.rmtree(iris)
    assert names(own_models.archives(iris.parent, run)) == ["iris"]


def test_a_folder_without_models_is_refused(tmp_path: Path, run: Path) -> None:
    with pytest.raises(UserError, match="is not a folder: --models needs a folder with"):
        own_models.archives(tmp_path / "none", run)
    with pytest.raises(UserError, match=r"has no archive \(\.mar\) and no folder with a model\.toml"):
        own_models.archives(run, run)


@pytest.mark.parametrize(
    ("text", "reason"), [("nam = 1", "model.toml: unknown key 'nam'"), ('[output]\nlabels = ["a", "b"]', "2 labels")]
)
def test_a_folder_that_cannot_be_packaged_is_named(iris: Path, run: Path, text: str, reason: str) -> None:
    broken = declared.folder(iris.parent / "roses", text)
    with pytest.raises(UserError) as error:
        own_models.archives(iris.parent, run)
    assert str(error.value).startswith(f"{broken} cannot be packaged: ")
    assert reason in str(error.value)


def test_each_declaration_is_read_once(iris: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, folders = folder.read, []

    def counted(path: Path, name: str = "") -> folder.Declared:
        folders.append(path)
        return read(path, name)

    monkeypatch.setattr(folder, "read", counted)
    own_models.archives(iris.parent, run)
    assert folders == [iris]


def test_an_archive_that_cannot_be_served_is_told_before_the_others_are(iris: Path, run: Path) -> None:
    fake_torchserve.archive(iris.parent / "digits.mar", "1 0")
    with pytest.raises(UserError, match=r"^version '1 0' is not 1 to 32 of"):
        own_models.archives(iris.parent, run)


def test_two_models_of_one_name_are_refused(iris: Path, run: Path, store: Path) -> None:
    other = declared.folder(iris.with_name("other"), declared.MODEL + "temperature = 2.0\n")
    with pytest.raises(UserError, match=f"^{iris} and {other} are both called iris: leave one$"):
        own_models.archives(other.parent, run)
    assert not list(store.iterdir()), "neither was packaged"
    (archive,) = own_models.archives(other, run)
    shutil.move(archive.path, iris.parent)
    shutil.move(record.record_path(store / "iris.mar"), iris.parent)
    shutil.rmtree(other)
    with pytest.raises(UserError, match="are both called iris: leave one"):
        own_models.archives(iris.parent, run)


def test_the_first_is_the_main_model_and_what_was_built_anew_replaces_it(iris: Path, run: Path) -> None:
    named(iris.with_name("other"), "other")
    own_models.deploy(run, own_models.archives(iris.parent, run))
    assert [model.name for model in (deployment.read(run), *deployment.added(run).values()) if model] == [
        "iris",
        "other",
    ]
    declared.folder(iris, declared.MODEL + "temperature = 2.0\n")
    built = own_models.archives(iris, run)
    own_models.deploy(run, built)
    main = deployment.read(run)
    assert main
    assert (main.current.sha256, len(main.before)) == (built[0].sha256, 1)
    own_models.deploy(run, built)
    assert deployment.read(run) == main


def test_the_main_model_is_served_beside_another_that_takes_its_place(
    iris: Path, run: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_models.deploy(run, own_models.archives(iris, run))
    (built,) = own_models.archives(named(iris.with_name("digits"), "digits"), run)
    monkeypatch.setattr(properties, "archive", lambda _: built.path)  # of the config.properties of this repository
    main = deployed(run)
    assert (main.name, list(deployment.added(run))) == ("digits", ["iris"])
    iris_copy = deployment.added(run)["iris"].current
    assert deployment.load_from_store(run, iris_copy).name == "iris"  # its copy still exists
