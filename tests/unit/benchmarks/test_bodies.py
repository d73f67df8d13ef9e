from io import BytesIO

import numpy as np
import orjson
import pytest
from PIL import Image

from benchmarks import bodies, photos
from benchmarks.bodies import AnswerError
from benchmarks.contender import Dialect
from benchmarks.haproxy import RunningHAProxy, answer
from inference.classifier import Classifier
from model import image_file


def test_the_samples_are_all_of_one_digit_and_the_model_says_so() -> None:
    known = bodies.samples()
    assert known.images.shape == (bodies.COUNT, 28, 28)
    assert (known.probabilities.argmax(axis=1) == bodies.DIGIT).all()


def test_every_dialect_carries_the_same_pixels() -> None:
    image = bodies.samples().images[0]
    pixels = image.ravel().tolist()
    assert bodies.body(Dialect.RAW, image) == image.tobytes()
    assert orjson.loads(bodies.body(Dialect.JSON, image)) == {"x": pixels}
    tensor = orjson.loads(bodies.body(Dialect.V2, image))["inputs"][0]
    assert (tensor["datatype"], tensor["shape"], tensor["data"]) == ("UINT8", [1, 784], pixels)


def test_files_show_the_same_digit_to_this_service_and_to_peers(trained: Classifier) -> None:
    known, peers = bodies.samples(), []
    for dialect in (Dialect.PNG, Dialect.JPEG):
        for file in known.bodies(dialect):
            with Image.open(BytesIO(file)) as image:
                peers.append(np.asarray(image.convert("L").resize((28, 28))))
            assert trained.predict(image_file.read(file)[0][None]).classes == [bodies.DIGIT]
    assert (trained.predict(np.stack(peers)).classes == bodies.DIGIT).all()
    with Image.open(BytesIO(bodies.body(Dialect.JPEG, known.images[0]))) as image:
        assert (image.size, image.mode) == ((photos.SIDE, photos.SIDE), "RGB")


def test_the_digit_is_found_where_each_dialect_has_it() -> None:
    probabilities = [0.1] * 10
    plain = orjson.dumps({"digit": 7, "probabilities": probabilities})
    outputs = [{"name": "probabilities", "data": [probabilities]}, {"name": "digit", "data": [7]}]
    assert bodies.reading(Dialect.JSON, plain) == (7, probabilities)
    assert bodies.reading(Dialect.V2, orjson.dumps({"outputs": outputs})) == (7, probabilities)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"digit":7}', b'{"outputs":[]}'])
@pytest.mark.parametrize("dialect", list(Dialect))
def test_an_answer_in_another_form_is_refused(dialect: Dialect, content: bytes) -> None:
    with pytest.raises(AnswerError):
        bodies.reading(dialect, content)


def test_the_limit_answers_as_this_service_would() -> None:
    digit, probabilities = bodies.reading(Dialect.RAW, answer())
    assert digit == bodies.DIGIT
    np.testing.assert_allclose(probabilities, bodies.samples().probabilities[0], atol=1e-7)


def test_a_server_that_gives_every_image_the_same_answer_is_found_out(haproxy: RunningHAProxy) -> None:
    endpoint = haproxy.endpoint(Dialect.RAW)
    bodies.check_first(endpoint, Dialect.RAW)
    with pytest.raises(AnswerError, match="differ from the model's"):
        bodies.checked(endpoint, Dialect.RAW)
