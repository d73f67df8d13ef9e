"""Request bodies of test images in each dialect, and checks of their answers."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import orjson

from benchmarks import photos
from benchmarks.contender import Dialect, Endpoint
from benchmarks.load import Load
from inference import bundle
from inference.classifier import Classifier
from model import SPEC
from model.pixels import Images
from serving import paths
from serving.errors import UserError
from training.digits import data

DIGIT = 7  # all images show this digit, so that one text identifies right answers
COUNT = 100
MANY = 1024  # images in one large request
_SURE = 0.9  # least probability of the digit
_PHOTOS = 8  # images with the highest probabilities, whose photos peers read right after their own reduction
_TOLERANCE = 1e-4  # of a probability: another order of float32 sums, or fewer printed digits
_TIMEOUT = 60.0  # seconds: the first answer of some servers takes long
_MARKERS = ('"digit":7', '"digit": 7')
_V2_MARKERS = ('"data":[7]', '"data": [7]', '"data":[7.0]', '"data": [7.0]')


class AnswerError(UserError):
    """Error: a server gave a wrong answer before the load."""


@dataclass(frozen=True)
class DigitSamples:
    """Images uint8 (n, 28, 28) of one digit, their probabilities (n, 10), and an image of another digit."""

    images: Images
    probabilities: npt.NDArray[np.float32]
    other: Images

    def bodies(self, dialect: Dialect) -> list[bytes]:
        """Return request bodies, each with one image; for photos only of the first few images."""
        return [body(dialect, image) for image in (self.images[:_PHOTOS] if dialect is Dialect.JPEG else self.images)]


@cache
def samples() -> DigitSamples:
    """Return the first test images of the digit that the bundle reads right, ordered by falling probability."""
    test = data.load().test
    shown = test.images[test.labels == DIGIT]
    predictions = Classifier(bundle.load(paths.BUNDLE, SPEC)).predict(shown)
    right = np.flatnonzero(predictions.probabilities[:, DIGIT] >= _SURE)[:COUNT]
    right = right[np.argsort(-predictions.probabilities[right, DIGIT], kind="stable")]
    other = test.images[test.labels != DIGIT][:1]
    return DigitSamples(shown[right], predictions.probabilities[right], other)


def body(dialect: Dialect, image: Images) -> bytes:
    """Return a request body with one image, uint8 (28, 28)."""
    if dialect is Dialect.RAW:
        return image.tobytes()
    if dialect is Dialect.PNG:
        return photos.png(image)
    if dialect is Dialect.JPEG:
        return photos.jpeg(image)
    pixels = image.ravel().tolist()
    if dialect is Dialect.JSON:
        return orjson.dumps({"x": pixels})
    tensor = {"name": "pixels", "shape": [1, 784], "datatype": "UINT8", "data": pixels}
    return orjson.dumps({"inputs": [tensor]})


def check_first(endpoint: Endpoint, dialect: Dialect) -> None:
    """Send one image. Raises AnswerError if the answer is wrong."""
    known = samples()
    with _client(endpoint) as client:
        _check(dialect, _predict(client, endpoint.url, body(dialect, known.images[0])), known.probabilities[0])


def unchecked(endpoint: Endpoint, dialect: Dialect) -> Load:
    """Return the load for an endpoint that sends the same answer to every image."""
    known = samples()
    bodies = known.bodies(dialect)
    with _client(endpoint) as client:
        return Load(endpoint, bodies, _marker(dialect, [_predict(client, endpoint.url, bodies[0])]))


def checked(endpoint: Endpoint, dialect: Dialect) -> Load:
    """Return the load for an endpoint after a check of all its answers. Raises AnswerError for a wrong answer."""
    known = samples()
    bodies = known.bodies(dialect)
    with _client(endpoint) as client:
        answers = [_predict(client, endpoint.url, content) for content in bodies]
        other = _predict(client, endpoint.url, body(dialect, known.other[0]))
    for answer, expected in zip(answers, known.probabilities[: len(answers)], strict=True):
        _check(dialect, answer, expected)
    return Load(endpoint, bodies, _marker(dialect, answers, other))


def checked_many(endpoint: Endpoint) -> Load:
    """Return the load of one raw request with MANY images, after a check of its answer. Raises AnswerError."""
    known = samples()
    repeats = -(-MANY // len(known.images))
    images = np.tile(known.images, (repeats, 1, 1))[:MANY]
    with _client(endpoint) as client:
        answer = _predict(client, endpoint.url, images.tobytes())
    rows = np.array([prediction["probabilities"] for prediction in orjson.loads(answer)["predictions"]])
    expected = np.tile(known.probabilities, (repeats, 1))[:MANY]
    if rows.shape != expected.shape or not np.allclose(rows, expected, rtol=0, atol=_TOLERANCE):
        raise AnswerError(f"{MANY} images in one request got other probabilities than the model's")
    return Load(endpoint, [images.tobytes()], _marker(Dialect.RAW, [answer]), count=MANY)


def reading(dialect: Dialect, answer: bytes) -> tuple[int, list[float]]:
    """Return the digit and the ten probabilities in an answer. Raises AnswerError if the answer does not have them."""
    try:
        content: Any = orjson.loads(answer)
        if dialect is Dialect.V2:
            tensors = {tensor["name"]: tensor["data"] for tensor in content["outputs"]}
            return int(tensors["digit"][0]), list(np.ravel(tensors["probabilities"]))
        return content["digit"], content["probabilities"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise AnswerError(f"not an answer in {dialect}: {answer[:200]!r}") from error


def _client(endpoint: Endpoint) -> httpx.Client:
    trust = ssl.create_default_context(cafile=str(endpoint.certificate)) if endpoint.certificate else True
    return httpx.Client(headers=dict(endpoint.headers), timeout=_TIMEOUT, trust_env=False, verify=trust)


def _predict(client: httpx.Client, url: str, content: bytes) -> bytes:
    response = client.post(url, content=content)
    if response.status_code != 200:
        raise AnswerError(f"{response.status_code} {response.text[:200]}")
    return response.content


def _check(dialect: Dialect, answer: bytes, expected: npt.NDArray[np.float32]) -> None:
    digit, probabilities = reading(dialect, answer)
    if digit != DIGIT:
        raise AnswerError(f"a {DIGIT} was read as {digit}")
    if dialect is Dialect.JPEG:  # servers reduce photos in different ways, so probabilities differ
        return
    if len(probabilities) != len(expected) or not np.allclose(probabilities, expected, rtol=0, atol=_TOLERANCE):
        raise AnswerError(f"probabilities {probabilities} differ from the model's {expected.tolist()}")


def _marker(dialect: Dialect, answers: Sequence[bytes], other: bytes = b"") -> str:
    """Return a text that all these answers contain, and the answer to the image of another digit does not."""
    for marker in _V2_MARKERS if dialect is Dialect.V2 else _MARKERS:
        if all(marker.encode() in answer for answer in answers) and marker.encode() not in other:
            return marker
    raise AnswerError(f"no plain text tells a right answer: {answers[0][:200]!r}")
