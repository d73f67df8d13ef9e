"""Query of an explanation request: the part of its address after the '?'."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

from inference.errors import InvalidQuery

PREDICTED, SECOND = "predicted", "second"
FORMATS = ("json", "png")
_MOST_SEED = 2**32 - 1  # largest seed of NumPy's generators
_MOST_FIELDS = 16
_MOST_SHOWN = 24  # names in a hint
_HINT = "use method, target, samples, seed and format, each at most once"
_ANSWERS = {"image/png": "png", "image/*": "png", "application/json": "json", "application/*": "json", "*/*": "json"}


class SampleLimits(NamedTuple):
    """Number of samples of a method: default, minimum, maximum."""

    default: int
    least: int
    most: int


class Query(NamedTuple):
    """Valid query.

    samples  number of samples within the limits of the method
    target   label, "predicted" or "second" (the second most probable label); for values a name or an index
    seed     0..2**32 - 1
    picture  True for a PNG as the answer, False for JSON
    """

    method: str
    samples: int
    target: str = PREDICTED
    seed: int = 0
    picture: bool = False


class QueryReader:
    """Reader of queries for one model. The first method is the default.

    values  names or indices of the values that can be explained, the default first; empty for a model with labels
    """

    def __init__(self, methods: Mapping[str, SampleLimits], labels: Sequence[str], values: Sequence[str] = ()) -> None:
        self.methods = methods
        self.default = next(iter(methods))
        self.targets = tuple(values) or (*labels, PREDICTED, SECOND)
        self.target = values[0] if values else PREDICTED

    def read(self, address: str, accept: str = "") -> Query:
        """Return the query in an address. Missing parameters get their defaults.

        address  path and query as the client sent them; without the patches of TorchServe, the path after the version,
                 which may contain the query
        accept   header Accept, which selects JSON or PNG if the query does not

        Raises InvalidQuery with the first wrong field and its valid values.
        """
        fields = _fields(address)
        method = _one_of(self.methods, "method", fields.pop("method", self.default))
        target = _one_of(self.targets, "target", fields.pop("target", self.target))
        bounds = self.methods[method]
        samples = _number("samples", fields.pop("samples", str(bounds.default)), bounds.least, bounds.most)
        seed = _number("seed", fields.pop("seed", "0"), 0, _MOST_SEED)
        format_ = _one_of(FORMATS, "format", fields.pop("format", _accepted(accept)))
        if fields:
            raise InvalidQuery(f"unknown parameter {_shown(next(iter(fields)))}", _HINT)
        return Query(method, samples, target, seed, format_ == "png")


def _fields(address: str) -> dict[str, str]:
    path, mark, query = address.partition("?")
    text = query if mark or path.startswith("/") else path
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InvalidQuery(f"invalid query {_shown(text)}", "send it as ?method=lime&target=3") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise InvalidQuery(f"the query {_shown(text)} has a parameter twice", _HINT)
    return fields


def _one_of(known: Mapping[str, object] | Sequence[str], name: str, value: str) -> str:
    if value not in known:
        raise InvalidQuery(f"unknown {name} {_shown(value)}", f"send one of {_few(tuple(known))}")
    return value


def _few(names: Sequence[str]) -> str:
    """Return names for a hint; the middle of a long list is left out."""
    if len(names) > _MOST_SHOWN:
        names = *names[: _MOST_SHOWN - 2], "...", *names[-2:]
    return ", ".join(names)


def _number(name: str, value: str, least: int, most: int) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= 10 else -1
    if not least <= number <= most:
        allowed = f"a whole number from {least} to {most}" if least < most else f"{most} or nothing"
        raise InvalidQuery(f"invalid {name} {_shown(value)}", f"send {allowed} for this method")
    return number


def _accepted(accept: str) -> str:
    """Return the format of the first supported media type in an Accept header; JSON if there is none."""
    for kind in accept.lower().split(","):
        if answer := _ANSWERS.get(kind.partition(";")[0].strip()):
            return answer
    return "json"


def _shown(text: str) -> str:
    """Return a shortened text of a client, in quotes."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
