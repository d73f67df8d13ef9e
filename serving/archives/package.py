"""Packages of models: the code that an archive holds as ``model``, and the specification that it defines."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from inference.names import RULE, is_name
from inference.spec import ModelSpec
from serving import paths
from serving.errors import UserError

_CODE = "model"  # the package's name in an archive


class PackageError(UserError):
    """A folder that is no package of a model."""


class Package(Protocol):
    """Everything specific to a model, apart from its bundle."""

    @property
    def spec(self) -> ModelSpec:
        """The specification that the archive's package ``model`` defines as ``SPEC``."""

    @property
    def files(self) -> Mapping[str, bytes]:
        """Files of the archive, by their names there."""


@dataclass(frozen=True)
class ModelPackage:
    """The Python files of a folder; its ``__init__.py`` defines ``SPEC``.

    Of this repository they may import ``inference`` only, and one another by relative imports: in the archive the
    package is called ``model``, whatever the folder is called.
    """

    folder: Path = paths.MODEL

    @cached_property
    def spec(self) -> ModelSpec:
        """Import the package. Raises PackageError if it defines no specification."""
        spec = getattr(self._module(), "SPEC", None)
        if not isinstance(spec, ModelSpec):
            raise PackageError(f"{self.folder} defines no SPEC: assign an inference.spec.ModelSpec in __init__.py")
        return spec

    @property
    def files(self) -> dict[str, bytes]:
        """The code, by the names of the archive. Raises PackageError if there is none."""
        paths = sorted(self.folder.rglob("*.py"))
        if self.folder / "__init__.py" not in paths:
            raise PackageError(f"{self.folder} is no package of a model: it has no __init__.py")
        return {f"{_CODE}/{path.relative_to(self.folder).as_posix()}": path.read_bytes() for path in paths}

    def _module(self) -> object:
        if self.folder.resolve() == paths.MODEL:
            return importlib.import_module(_CODE)
        name = f"_package_{self.folder.resolve().as_posix()}"
        if name in sys.modules:
            return sys.modules[name]
        file = self.folder / "__init__.py"
        module_spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[str(self.folder)])
        assert module_spec
        assert module_spec.loader
        module = importlib.util.module_from_spec(module_spec)
        sys.modules[name] = module
        try:
            module_spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[name]
            raise PackageError(f"{self.folder} cannot be imported: {type(error).__name__}: {error}") from error
        return module


def check_name(name: str) -> None:
    """Raises PackageError if no address can have this name of a model."""
    if not is_name(name):
        raise PackageError(f"the model's name {name!r:.80} is not {RULE}")
