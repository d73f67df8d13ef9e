"""Conversion of a bundle to a format: the files that an archive has beside it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from inference import runtimes
from inference.bundle import Bundle
from serving.archives.formats import ANY, FORMATS
from serving.errors import UserError

Files = Mapping[str, bytes]


class ConversionError(UserError):
    """A format that this environment cannot make, or not of this network."""


def files(format_: str, bundle: Bundle) -> Files:
    """The note that names the format, and what the format needs: name -> bytes, the same each time.

    Raises ConversionError if the format is not for such a network, or a package that it needs is not installed.
    """
    if FORMATS[format_].linear and not bundle.is_linear:
        raise ConversionError(f"the format {format_} is for linear layers with ReLU between them: use {ANY} or export")
    with _missing_named(format_):
        converted = _CONVERTERS[format_](bundle)
    return {runtimes.FILE: f"{format_}\n".encode(), **converted}


def _nothing(_bundle: Bundle) -> Files:
    return {}


def _exported(bundle: Bundle) -> Files:
    from serving.archives import exported  # noqa: PLC0415 - each converter imports libraries that the others do not need

    return exported.convert(bundle)


def _onnx(bundle: Bundle) -> Files:
    from serving.archives import onnx_graph  # noqa: PLC0415

    return onnx_graph.convert(bundle)


def _int8(bundle: Bundle) -> Files:
    from serving.archives import onnx_graph  # noqa: PLC0415

    return onnx_graph.convert_to_int8(bundle)


_CONVERTERS: Mapping[str, Callable[[Bundle], Files]] = {
    "eager": _nothing,
    "numpy": _nothing,
    "export": _exported,
    "onnx": _onnx,
    "int8": _int8,
}


@contextmanager
def _missing_named(format_: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        lock = FORMATS[format_].requirements
        raise ConversionError(
            f"the format {format_} needs the package {error.name}: "
            f".venv/bin/python -m pip install --require-hashes -r requirements/{lock}.txt"
        ) from error
