"""The metrics that a worker counts."""

from collections.abc import Iterator

from handlers.counters import Family
from inference.drift import BINS
from inference.errors import ServiceError
from inference.images import image_file
from inference.protocols.tensor_input import datatypes
from inference.spec import ModelSpec

_CONFIDENCES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)


def _seconds() -> tuple[float, ...]:
    """0.25 ms to 10 s in Renard's preferred numbers (ISO 3, R5), each 1.6 times the one before."""
    numbers = [float(f"{step}e{exponent}") for exponent in range(-4, 2) for step in (1.0, 1.6, 2.5, 4.0, 6.3)]
    return tuple(number for number in numbers if 0.00025 <= number <= 10.0)


def _below(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for each in error.__subclasses__():
        yield each
        yield from _below(each)


ERRORS = ("", *(error.__name__ for error in _below(ServiceError)))
_OUTCOMES = (("200", ""), *((str(error.status), error.__name__) for error in _below(ServiceError)))


def formats(spec: ModelSpec) -> tuple[str, ...]:
    """What an example may have come as."""
    files = image_file.FORMATS if spec.preprocessing.read_file else ()
    return ("raw", "numbers", *(datatype.name for datatype in datatypes(spec.input)), *files, "other")


def families(spec: ModelSpec) -> dict[str, Family]:
    """A model's metrics, by what they are of. The queue's follow the durations: both are observed in one go."""
    noun, key = spec.input.example, spec.output.key
    statistics = spec.drift.statistics if spec.drift else ()
    labels = spec.output.labels
    return {
        "requests": Family(
            f"{spec.name}_requests_total",
            "Requests that a worker answered, by HTTP status and type of error.",
            ("code", "error"),
            _OUTCOMES,
        ),
        "formats": Family(
            f"{spec.name}_request_formats_total",
            f"Requests that could be read, by what their {noun}s came as.",
            ("format",),
            tuple((name,) for name in formats(spec)),
        ),
        "durations": Family(
            f"{spec.name}_request_duration_seconds",
            "From the gateway's receipt of a request to the worker's answer.",
            bounds=_seconds(),
        ),
        "queue": Family(
            f"{spec.name}_queue_duration_seconds",
            "From the gateway's receipt of a request to the worker's start on its batch.",
            bounds=_seconds(),
        ),
        "batches": Family(f"{spec.name}_batch_duration_seconds", "A worker's time for a batch.", bounds=_seconds()),
        "batch_requests": Family(
            f"{spec.name}_batch_requests", "Requests in a batch.", bounds=(1, 2, 4, 8, 16, 32, 64)
        ),
        "request_rows": Family(
            f"{spec.name}_request_{noun}s",
            f"{noun.capitalize()}s in a request.",
            bounds=(1, 4, 16, 64, 256, 1024, 4096),
        ),
        "predictions": Family(
            f"{spec.name}_predictions_total",
            f"{noun.capitalize()}s by predicted {key}, and whether the prediction was accepted.",
            (key, "accepted"),
            tuple((label, accepted) for label in labels for accepted in ("false", "true")),
        ),
        "confidences": Family(
            f"{spec.name}_prediction_confidence", f"The predicted {key}'s probability.", bounds=_CONFIDENCES
        ),
        "normalised": Family(
            f"{spec.name}_normalised_{noun}s_total", f"{noun.capitalize()}s that had to be normalised."
        ),
        "inputs": Family(
            f"{spec.name}_input_{noun}s_total",
            f"{noun.capitalize()}s by the bin of training's {noun}s that each statistic falls in; under load of some.",
            ("statistic", "bin"),
            tuple((name, str(bin_)) for name in statistics for bin_ in range(BINS)),
        ),
        "starts": Family(f"{spec.name}_worker_starts_total", "Worker processes that became ready."),
    }
