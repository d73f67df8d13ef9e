"""Paths and compressed bodies as other clients send them, at the gateway and at TorchServe."""

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest

from .conftest import InferenceKey, Node


@pytest.fixture(params=["gateway", "torchserve"])
def either(request: pytest.FixtureRequest, node: Node, http: httpx.Client) -> Iterator[httpx.Client]:
    if request.param == "gateway":
        yield http
        return
    auth = InferenceKey(node)
    with httpx.Client(base_url=node.server.inference, auth=auth, timeout=60, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/v2/models/digits/versions/1.0/infer", "inputs"),
        ("/v2/models/digits/infer/", "inputs"),
        ("/v1/models/digits/versions/1.0:predict", "instances"),
        ("/v1/models/digits%3Apredict", "instances"),
        ("/v1/models/dig%69ts%3apredict", "instances"),
        ("/%70redictions/dig%69ts/1%2e0", "x"),
        ("/predictions/digits/", "x"),
        ("/v1/models/digits:explain", "instances"),
        ("/v2/models/digits/explain", "inputs"),
    ],
)
def test_other_addresses_are_answered(either: httpx.Client, seven: bytes, path: str, key: str) -> None:
    tensor = {"name": "x", "shape": [1, 784], "datatype": "UINT8", "data": list(seven)}
    content = {"inputs": [tensor], "instances": [list(seven)], "x": list(seven)}
    response = either.post(path, json={key: content[key]})
    assert response.status_code == 200, response.text
    expected = {"x": '"digit":7', "instances": '"digit":7', "inputs": '"data":[7]'}[key]
    assert ('"attributions"' if "explain" in path else expected) in response.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_refused(either: httpx.Client, method: str) -> None:
    """OPTIONS is the preflight request of a browser, which has no key."""
    request = either.build_request(method, "/predictions/digits")
    if method == "OPTIONS":
        request.headers.pop("authorization", None)
        request.headers.update({"Origin": "https://example.org", "Access-Control-Request-Method": "POST"})
    response = either.send(request, auth=None if method == "OPTIONS" else httpx.USE_CLIENT_DEFAULT)
    assert (response.status_code, response.headers["allow"]) == (405, "POST, PUT")
    if method != "HEAD":
        assert response.json()["type"] == "MethodNotAllowed"


def test_a_compressed_body_is_read_and_a_bomb_refused(either: httpx.Client, seven: bytes) -> None:
    body = gzip.compress(json.dumps({"x": list(seven)}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert either.post("/predictions/digits", content=body, headers=headers).json()["digit"] == 7
    bomb = either.post("/predictions/digits", content=gzip.compress(bytes(11 << 20)), headers=headers)
    assert (bomb.status_code, bomb.json()["type"]) == (413, "TooLarge"), bomb.text


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_long_answer_is_compressed_if_that_is_accepted(either: httpx.Client, seven: bytes, encoding: str) -> None:
    response = either.post("/predictions/digits", content=seven * 200, headers={"Accept-Encoding": encoding})
    assert response.headers["content-encoding"] == encoding
    assert int(response.headers["content-length"]) < 8000
    assert [prediction["digit"] for prediction in response.json()["predictions"]] == [7] * 200
    plain = either.post("/predictions/digits", content=seven * 200, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
