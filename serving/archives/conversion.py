"""Conversion of a bundle to a format: the files that an archive contains beside the bundle."""

import pkgutil
from collections.abc import Mapping

from inference import runtimes
from inference.bundle import Bundle
from serving.archives.formats import ANY, FORMATS
from serving.errors import UserError


def files(format_: str, bundle: Bundle) -> Mapping[str, bytes]:
    """Return the files of a format: its name, and the converted network. The same bundle gives the same bytes.

    Raises UserError if the format is not for such a network, or a package that it needs is not installed.
    """
    wanted, converted = FORMATS[format_], {}
    if wanted.linear and not bundle.is_linear:
        raise UserError(f"the format {format_} is for linear layers with ReLU between them: use {ANY} or export")
    if wanted.converter:
        try:  # each converter imports libraries that the others do not need
            converted = pkgutil.resolve_name(f"{__package__}.{wanted.converter}")(bundle)
        except ModuleNotFoundError as error:
            raise UserError(
                f"the format {format_} needs the package {error.name}: "
                f".venv/bin/python -m pip install --require-hashes -r requirements/{wanted.requirements}.txt"
            ) from error
    return {runtimes.FILE: f"{format_}\n".encode(), **converted}
