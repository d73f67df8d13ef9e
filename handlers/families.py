"""The metrics that a worker counts."""

from collections.abc import Iterator

from handlers.counters import Family
from inference.classifier import CLASSES
from inference.drift import BINS, STATISTICS
from inference.errors import ServiceError

_CONFIDENCES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)
FORMATS = ("raw", "numbers", "UINT8", "FP32", "PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "other")


def _seconds() -> tuple[float, ...]:
    """0.25 ms to 10 s in Renard's preferred numbers (ISO 3, R5), each 1.6 times the one before."""
    numbers = [float(f"{step}e{exponent}") for exponent in range(-4, 2) for step in (1.0, 1.6, 2.5, 4.0, 6.3)]
    return tuple(number for number in numbers if 0.00025 <= number <= 10.0)


def _below(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for each in error.__subclasses__():
        yield each
        yield from _below(each)


_ERRORS = [(str(error.status), error.__name__) for error in _below(ServiceError)]
FAMILIES = (
    Family(
        "digits_requests_total",
        "Requests that a worker answered, by HTTP status and type of error.",
        ("code", "error"),
        (("200", ""), *_ERRORS),
    ),
    Family(
        "digits_request_formats_total",
        "Requests that could be read, by what their images came as.",
        ("format",),
        tuple((name,) for name in FORMATS),
    ),
    Family(
        "digits_request_duration_seconds",
        "From the gateway's receipt of a request to the worker's answer.",
        bounds=_seconds(),
    ),
    Family(
        "digits_queue_duration_seconds",
        "From the gateway's receipt of a request to the worker's start on its batch.",
        bounds=_seconds(),
    ),
    Family("digits_batch_duration_seconds", "A worker's time for a batch.", bounds=_seconds()),
    Family("digits_batch_requests", "Requests in a batch.", bounds=(1, 2, 4, 8, 16, 32, 64)),
    Family("digits_request_images", "Images in a request.", bounds=(1, 4, 16, 64, 256, 1024, 4096)),
    Family(
        "digits_predictions_total",
        "Images by predicted digit, and whether the prediction was accepted.",
        ("digit", "accepted"),
        tuple((str(digit), accepted) for digit in range(CLASSES) for accepted in ("false", "true")),
    ),
    Family("digits_prediction_confidence", "The predicted digit's probability.", bounds=_CONFIDENCES),
    Family("digits_normalised_images_total", "Images that had to be made into what MNIST's are."),
    Family(
        "digits_input_images_total",
        "Images by the bin of training's images that each statistic falls in; under load of some.",
        ("statistic", "bin"),
        tuple((name, str(bin_)) for name in STATISTICS for bin_ in range(BINS)),
    ),
    Family("digits_worker_starts_total", "Worker processes that became ready."),
)
