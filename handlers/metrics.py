"""Metrics of a worker."""

from collections.abc import Iterator, Mapping

from handlers.counters import Family
from inference.drift import BINS, Reference
from inference.errors import ServiceError
from inference.images import image_file
from inference.protocols.datatypes import datatypes
from inference.spec import ModelSpec

LABEL = "label"  # Prometheus label of predictions, and name of their distribution in the drift statistics
_CONFIDENCES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)


def _seconds() -> tuple[float, ...]:
    """Return 0.25 ms to 10 s in preferred numbers (ISO 3, R5): each is 1.6 times the previous one."""
    numbers = [float(f"{step}e{exponent}") for exponent in range(-4, 2) for step in (1.0, 1.6, 2.5, 4.0, 6.3)]
    return tuple(number for number in numbers if 0.00025 <= number <= 10.0)


def _below(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from _below(subclass)


ERRORS = ("", *(error.__name__ for error in _below(ServiceError)))
_OUTCOMES = (("200", ""), *((str(error.status), error.__name__) for error in _below(ServiceError)))


def formats(spec: ModelSpec) -> tuple[str, ...]:
    """Return the names of the formats in which requests may send examples."""
    if spec.inputs:
        return ("numbers", "tensors", "other")
    files = image_file.FORMATS if spec.preprocessing.read_file else ()
    return ("raw", "numbers", *(datatype.name for datatype in datatypes(spec.input)), *files, "other")


def families(spec: ModelSpec) -> dict[str, Family]:
    """Return the metrics of a model.

    Names, help texts and label names are the same for every model. Prometheus and dashboards distinguish models by the
    label ``model``.
    """
    statistics = spec.drift.statistics if spec.drift else ()
    return {
        "requests": Family(
            "inference_requests_total",
            "Requests that a worker answered, by HTTP status and type of error.",
            ("code", "error"),
            _OUTCOMES,
        ),
        "formats": Family(
            "inference_request_formats_total",
            "Requests that could be read, by the format of their examples.",
            ("format",),
            tuple((name,) for name in formats(spec)),
        ),
        "durations": Family(
            "inference_request_duration_seconds",
            "From the gateway's receipt of a request to the worker's answer.",
            bounds=_seconds(),
        ),
        "queue": Family(
            "inference_queue_duration_seconds",
            "From the gateway's receipt of a request to the worker's start on its batch.",
            bounds=_seconds(),
        ),
        "batches": Family("inference_batch_duration_seconds", "A worker's time for a batch.", bounds=_seconds()),
        "batch_requests": Family("inference_batch_requests", "Requests in a batch.", bounds=(1, 2, 4, 8, 16, 32, 64)),
        "request_rows": Family(
            "inference_request_examples",
            "Examples in a request.",
            bounds=(1, 4, 16, 64, 256, 1024, 4096),
        ),
        "predictions": Family(
            "inference_predictions_total",
            "Examples by predicted label, and whether the prediction was accepted.",
            (LABEL, "accepted"),
            tuple((label, accepted) for label in spec.output.labels for accepted in ("false", "true")),
        ),
        "confidences": Family(
            "inference_prediction_confidence", "Probability of the predicted label.", bounds=_CONFIDENCES
        ),
        "normalised": Family("inference_normalised_examples_total", "Examples that had to be normalised."),
        "inputs": Family(
            "inference_input_examples_total",
            "Examples by each statistic's bin of the training data; under load of some.",
            ("statistic", "bin"),
            tuple((name, str(bin_)) for name in statistics for bin_ in range(BINS)),
        ),
        "starts": Family("inference_worker_starts_total", "Worker processes that became ready."),
    }


def shares(spec: ModelSpec, reference: Reference) -> dict[str, Mapping[str, float]]:
    """Return the shares of the training data, 0..1, by statistic and bin. The bins of ``LABEL`` are the labels."""
    named: dict[str, Mapping[str, float]] = {}
    for name, values in reference.shares.items():
        if name == spec.output.key:
            named[LABEL] = dict(zip(spec.output.labels, values, strict=True))
        else:
            named[name] = {str(bin_): share for bin_, share in enumerate(values)}
    return named
