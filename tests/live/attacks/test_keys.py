"""Refusal of requests to TorchServe without the right key."""

import httpx
import pytest

from serving.torchserve import keys
from serving.torchserve.management import Management

from ..conftest import Client


@pytest.mark.parametrize("port", ["inference", "management"])
def test_without_the_right_key_nothing_is_answered(attacked: Client, seven: bytes, port: str) -> None:
    server_keys = keys.read(attacked.server.directory)
    right = server_keys.inference.value if port == "inference" else server_keys.management.value
    other = server_keys.management.value if port == "inference" else server_keys.inference.value
    tried = ["", "Bearer", f"Basic {right}", right, f"Bearer {right}x", f"Bearer {right[:-1]}"]
    tried += [
        f"Bearer {right.swapcase()}",
        "Bearer AAAAAAAA",
        f"Bearer {other}",
        f"Bearer {server_keys.api.value}",
        "Bearer null",
    ]
    url = attacked.server.inference if port == "inference" else attacked.server.management
    paths = ("/predictions/digits", "/explanations/digits", "/v2/models/digits/infer", "/ping", "/wfpredict/digits")
    if port == "management":
        paths = ("/models", "/models/digits", "/models/digits/1.0", "/models?url=digits.mar", "/workflows")
    with httpx.Client(base_url=url, trust_env=False) as client:
        for path in paths:
            for value in (None, *tried):
                header = {} if value is None else {"Authorization": value}
                answer = client.post(path, content=seven, headers=header)
                assert (answer.status_code, answer.json()["type"]) == (400, "InvalidKeyException"), (path, value)
        for method, path in (("DELETE", "/models/digits"), ("PUT", "/models/digits?min_worker=9"), ("GET", "/token")):
            assert client.request(method, path).status_code == 400


def test_a_key_that_was_renewed_opens_nothing(attacked: Client, management: Management, seven: bytes) -> None:
    old = management.keys
    management.renew("inference")
    management.renew("management")
    new = management.keys
    assert attacked.predict(seven).json()["type"] == "InvalidKeyException"
    refused = httpx.get(f"{attacked.server.management}/models", headers=old.management.header, trust_env=False)
    assert refused.json()["type"] == "InvalidKeyException"
    attacked.http.headers.update(new.inference.header)
