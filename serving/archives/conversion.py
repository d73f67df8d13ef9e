"""Conversion of a bundle to a format: the files that an archive contains beside the bundle."""

import pkgutil
from collections.abc import Mapping

from inference import runtimes
from inference.bundle import Bundle
from serving.archives.formats import ANY, FORMATS
from serving.errors import UserError


class ConversionError(UserError):
    """Error about a format that this environment cannot make, or that does not suit this network."""


def files(format_: str, bundle: Bundle) -> Mapping[str, bytes]:
    """Return the files of a format: its name, and the converted network. The same bundle gives the same bytes.

    Raises ConversionError if the format does not suit the network, or if a package is not installed.
    """
    wanted, converted = FORMATS[format_], {}
    if wanted.linear and not bundle.is_linear:
        raise ConversionError(f"the format {format_} is for linear layers with ReLU between them: use {ANY} or export")
    if wanted.converter:
        try:  # each converter imports libraries that the others do not need
            converted = pkgutil.resolve_name(f"{__package__}.{wanted.converter}")(bundle)
        except ModuleNotFoundError as error:
            raise ConversionError(
                f"the format {format_} needs the package {error.name}: "
                f".venv/bin/python -m pip install --require-hashes -r requirements/{wanted.requirements}.txt"
            ) from error
    return {runtimes.FILE: f"{format_}\n".encode(), **converted}
