"""Wire formats: requests of golden files must get the recorded answers.

Probabilities may differ by 1e-5, because sums differ between processors. Keys, their order, statuses, headers,
messages and shapes must be equal. ``python -m tests.contract.regenerate`` writes the files.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from inference import errors
from inference.errors import ServiceError
from tests.contract import golden_files
from tests.contract.cases import CASES
from tests.torchserve import Reply, Worker

TOLERANCE = 1e-5
LENGTH = "Inference-Header-Content-Length"
DTYPES = {"INT64": "<i8", "FP32": "<f4"}


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    return golden_files.worker(tmp_path_factory.mktemp("contract"))


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("name", golden_files.names())
def test_the_answer_is_the_golden_one(worker: Worker, name: str) -> None:
    expected = golden_files.response(name)
    reply = golden_files.answered(worker, name, golden_files.request(name))
    assert (reply.status, reply.phrase) == (expected.status, expected.phrase)
    assert without_length(reply) == without_length(expected)
    assert_alike(parsed(reply), parsed(expected), where=name)


def test_every_case_has_its_files_and_every_file_its_case() -> None:
    assert golden_files.names() == sorted(CASES)
    files = {path.name.partition(".")[0] for path in golden_files.FOLDER.iterdir()}
    assert files == set(CASES)


def test_every_error_that_a_client_can_meet_is_in_the_contract() -> None:
    types = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ServiceError)]
    leaves = {kind.__name__ for kind in types if not kind.__subclasses__()}
    golden_types = {
        golden_files.response(name).json["type"] for name in golden_files.names() if name.startswith("error-")
    }
    assert golden_types == leaves


def without_length(reply: Reply) -> list[tuple[str, str]]:
    """Return the headers in order, without the JSON length of a binary answer, which varies with the numbers in it."""
    return [(name, "" if name == LENGTH else value) for name, value in reply.headers.items()]


def parsed(reply: Reply) -> Any:
    """Return an answer as pairs in the order sent, followed by the numbers of its binary tensors."""
    if LENGTH not in reply.headers:
        return json.loads(reply.body, object_pairs_hook=Pairs)
    length = int(reply.headers[LENGTH])
    head = json.loads(reply.body[:length], object_pairs_hook=Pairs)
    return [head, *numbers(dict(head)["outputs"], reply.body[length:])]


def numbers(outputs: list["Pairs"], data: bytes) -> Iterator[list[float]]:
    for output in map(dict, outputs):
        if "parameters" in output:
            size = dict(output["parameters"])["binary_data_size"]
            yield np.frombuffer(data[:size], DTYPES[output["datatype"]]).tolist()
            data = data[size:]
    assert data == b"", "bytes follow the last tensor"


class Pairs(list[tuple[str, Any]]):
    """Keys and values of an object in the order sent."""


def assert_alike(actual: Any, expected: Any, where: str) -> None:
    """Assert that two answers are equal, except for floats, which may differ by ``TOLERANCE``."""
    assert type(actual) is type(expected), where
    if isinstance(expected, Pairs):
        assert [key for key, _ in actual] == [key for key, _ in expected], where
        for (key, one), (_, other) in zip(actual, expected, strict=True):
            assert_alike(one, other, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), where
        for index, (one, other) in enumerate(zip(actual, expected, strict=True)):
            assert_alike(one, other, f"{where}[{index}]")
    elif isinstance(expected, float):
        assert actual == pytest.approx(expected, abs=TOLERANCE), where
    else:
        assert actual == expected, where


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
        ('{"a": 1}', '{"a": 1.0}'),
        ('{"a": true}', '{"a": 1}'),
        ('{"a": [0.5]}', '{"a": [0.50002]}'),
        ('{"a": [0.5]}', '{"a": [0.5, 0.5]}'),
        ('{"a": "x"}', '{"a": "y"}'),
    ],
)
def test_the_comparison_itself_sees_differences(actual: str, expected: str) -> None:
    one, other = (json.loads(text, object_pairs_hook=Pairs) for text in (actual, expected))
    with pytest.raises(AssertionError):
        assert_alike(one, other, "answer")
    assert_alike(one, one, "answer")
