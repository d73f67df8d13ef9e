"""The package of a model: its code in an archive, and its specification."""

from pathlib import Path

import pytest

from model import SPEC
from serving import paths
from serving.archives.package import ModelPackage
from serving.archives.record import Release
from serving.errors import UserError

NESTED = {
    "__init__.py": "from .spec import SPEC\n",
    "spec.py": """
from dataclasses import replace
from tests.models import table
SPEC = replace(table.SPEC, name="a")
""",
    "deep/__init__.py": "",
    "labels.txt": "no code",
}


def package(folder: Path, files: dict[str, str]) -> ModelPackage:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return ModelPackage(folder)


def test_the_default_is_the_package_of_the_repository() -> None:
    assert ModelPackage().spec is SPEC
    assert ModelPackage().files["model/spec.py"] == (paths.MODEL / "spec.py").read_bytes()


def test_a_folder_is_called_model_in_the_archive_and_has_its_own_specification(tmp_path: Path) -> None:
    first, second = package(tmp_path / "one", NESTED), package(tmp_path / "two", NESTED)
    assert first.files.keys() == {"model/__init__.py", "model/spec.py", "model/deep/__init__.py"}
    assert first.spec.name == "a"
    assert first.spec is first.spec
    assert second.spec is not first.spec
    assert ModelPackage().spec is SPEC


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"spec.py": ""}, "it has no __init__.py"),
        ({"__init__.py": ""}, "defines no SPEC"),
        ({"__init__.py": "SPEC = 7"}, "defines no SPEC"),
        ({"__init__.py": "1 / 0"}, "cannot be imported: ZeroDivisionError"),
        ({"__init__.py": "SPEC ="}, "cannot be imported: SyntaxError"),
    ],
)
def test_a_folder_that_is_no_package_is_named_with_the_reason(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    bad = package(tmp_path, files)
    for _ in range(2):
        with pytest.raises(UserError, match=message) as refused:
            _ = bad.files and bad.spec
        assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize("name", ["a/b", "a b", "кот", "a" * 65, "..\n"])
def test_a_name_that_no_address_can_have_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="the model's name"):
        Release(name=name).named(ModelPackage())
