"""Packages of models: the code that an archive contains as ``model``, and the specification that it defines."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Protocol

from inference.spec import ModelSpec
from serving import paths
from serving.errors import UserError

_CODE = "model"  # name of the package in an archive


class Package(Protocol):
    """Everything specific to a model, apart from its bundle."""

    @property
    def spec(self) -> ModelSpec:
        """Return the specification that the package ``model`` defines as ``SPEC``."""

    @property
    def files(self) -> Mapping[str, bytes]:
        """Return the files of the package, by name in the archive."""


@dataclass(frozen=True)
class ModelPackage:
    """Python files of a folder; its ``__init__.py`` defines ``SPEC``.

    They may import ``inference`` from this repository, and one another by relative imports, because the archive renames
    the package to ``model``.
    """

    folder: Path = paths.MODEL

    @cached_property
    def spec(self) -> ModelSpec:
        """Import the package. Raises UserError if it defines no specification."""
        spec = getattr(self._module(), "SPEC", None)
        if not isinstance(spec, ModelSpec):
            raise UserError(f"{self.folder} defines no SPEC: assign an inference.spec.ModelSpec in __init__.py")
        return spec

    @property
    def files(self) -> dict[str, bytes]:
        """The code, by the names of the archive. Raises UserError if there is none."""
        paths = sorted(self.folder.rglob("*.py"))
        if self.folder / "__init__.py" not in paths:
            raise UserError(f"{self.folder} is not a model package: it has no __init__.py")
        return {f"{_CODE}/{path.relative_to(self.folder).as_posix()}": path.read_bytes() for path in paths}

    def _module(self) -> object:
        if self.folder.resolve() == paths.MODEL:
            return importlib.import_module(_CODE)
        name = f"_package_{self.folder.resolve().as_posix()}"
        if name not in sys.modules:
            try:
                import_file(name, self.folder / "__init__.py", [str(self.folder)])
            except Exception as error:
                del sys.modules[name]
                raise UserError(f"{self.folder} cannot be imported: {type(error).__name__}: {error}") from error
        return sys.modules[name]


def import_file(name: str, file: Path, folders: list[str] | None = None) -> ModuleType:
    """Import a file as a module, or as a package with submodules in ``folders``."""
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module there
    spec.loader.exec_module(module)
    return module
