"""All input formats at a real server: the same image gets the same answer in each dialect."""

import base64
import json
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from PIL import Image

from serving.torchserve import keys, properties
from tests.pictures import saved

from . import inference_proto
from .conftest import Client


@pytest.fixture(scope="module")
def expected(digits: Client, seven: bytes) -> dict[str, Any]:
    return dict(digits.predict(seven).json())


def test_raw_pixels_are_answered_in_full(digits: Client, expected: dict[str, Any]) -> None:
    assert expected["digit"] == 7
    assert expected["confidence"] == max(expected["probabilities"])
    assert expected["accepted"] is True
    assert sum(expected["probabilities"]) == pytest.approx(1.0, abs=1e-5)
    assert expected["model"].keys() == {"name", "version", "weights"}
    assert expected["input"] == {"format": "raw", "width": 28, "height": 28, "steps": []}


@pytest.mark.parametrize("path", ["/predictions/digits", "/predictions/digits/1.0"])
@pytest.mark.parametrize("format_", ["PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_image_files(digits: Client, seven: bytes, expected: dict[str, Any], path: str, format_: str) -> None:
    content = image_file(seven, format_)
    response = digits.http.post(path, content=content, headers={"Content-Type": f"image/{format_.lower()}"})
    assert response.json()["probabilities"] == expected["probabilities"]
    assert response.json()["input"]["format"] == format_


def test_jpeg_photo_larger_than_mnist(digits: Client, seven: bytes) -> None:
    small = Image.frombytes("L", (28, 28), seven)
    page = Image.new("L", (900, 700), 235)
    page.paste(25, (200, 80), small.resize((560, 560), Image.Resampling.BICUBIC))
    answer = digits.predict(saved(page, "JPEG", quality=70), "image/jpeg").json()
    assert answer["digit"] == 7
    assert answer["input"]["width"] == 900
    assert answer["input"]["steps"][0] == "inverted"


def test_multipart_form(digits: Client, seven: bytes, expected: dict[str, Any]) -> None:
    for name, content, kind in [
        ("seven.png", image_file(seven, "PNG"), "image/png"),
        ("seven.bin", seven, "application/octet-stream"),
    ]:
        answer = digits.http.post("/predictions/digits", files={"data": (name, content, kind)}).json()
        assert answer["probabilities"] == expected["probabilities"]


@pytest.mark.parametrize("kind", ["PNG", "raw", "JSON"])
def test_what_plain_curl_sends_is_read_too(digits: Client, seven: bytes, expected: dict[str, Any], kind: str) -> None:
    bodies = {"PNG": image_file(seven, "PNG"), "raw": seven, "JSON": json.dumps({"x": list(seven)}).encode()}
    answer = digits.predict(bodies[kind], "application/x-www-form-urlencoded").json()
    assert answer["probabilities"] == expected["probabilities"]


def test_several_raw_images_in_one_body(digits: Client, seven: bytes, expected: dict[str, Any]) -> None:
    predictions = digits.predict(seven * 3).json()["predictions"]
    assert [prediction["probabilities"] for prediction in predictions] == pytest.approx(
        [pytest.approx(expected["probabilities"], abs=1e-5)] * 3
    )


@pytest.mark.parametrize("shape", [(784,), (28, 28)])
def test_the_seed_articles_request(
    digits: Client, seven: bytes, expected: dict[str, Any], shape: tuple[int, ...]
) -> None:
    x = np.frombuffer(seven, np.uint8).reshape(shape).tolist()
    answer = digits.predict(json.dumps({"x": x}).encode(), "application/json").json()
    assert answer["probabilities"] == expected["probabilities"]


@pytest.mark.parametrize("path", ["/predictions/digits", "/v1/models/digits:predict"])
def test_tensorflow_serving_instances(digits: Client, seven: bytes, expected: dict[str, Any], path: str) -> None:
    pixels = np.frombuffer(seven, np.uint8)
    b64 = base64.b64encode(image_file(seven, "PNG")).decode()
    instances = [pixels.tolist(), pixels.reshape(28, 28, 1).tolist(), {"b64": b64}]
    answer = digits.http.post(path, json={"instances": instances}).json()
    assert [prediction["digit"] for prediction in answer["predictions"]] == [7, 7, 7]
    assert answer["predictions"][2]["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)


@pytest.mark.parametrize("path", ["/predictions/digits", "/v2/models/digits/infer"])
def test_open_inference_protocol_json(digits: Client, seven: bytes, expected: dict[str, Any], path: str) -> None:
    tensor = {"name": "pixels", "shape": [1, 784], "datatype": "UINT8", "data": list(seven)}
    response = digits.http.post(path, json={"id": "a1", "inputs": [tensor]})
    answer = response.json()
    assert response.headers["content-type"] == "application/json"
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("digits", "1.0", "a1")
    digit, probabilities = answer["outputs"]
    assert digit == {"name": "digit", "shape": [1], "datatype": "INT64", "data": [7]}
    assert probabilities["data"] == expected["probabilities"]


def test_open_inference_protocol_binary(digits: Client, seven: bytes, expected: dict[str, Any]) -> None:
    tensor = {"name": "p", "shape": [1, 784], "datatype": "UINT8", "parameters": {"binary_data_size": 784}}
    outputs = [{"name": "probabilities", "parameters": {"binary_data": True}}]
    head = json.dumps({"inputs": [tensor], "outputs": outputs}).encode()
    response = digits.http.post(
        "/v2/models/digits/infer",
        content=head + seven,
        headers={"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))},
    )
    length = int(response.headers["Inference-Header-Content-Length"])
    assert json.loads(response.content[:length])["outputs"][0]["parameters"] == {"binary_data_size": 40}
    assert np.frombuffer(response.content[length:], "<f4").tolist() == pytest.approx(expected["probabilities"])


def test_grpc_gets_the_same_bytes(digits: Client, seven: bytes) -> None:
    assert call_grpc(digits, {"data": seven}) == digits.predict(seven).content


def test_grpc_errors_carry_their_code(digits: Client) -> None:
    answer = json.loads(call_grpc(digits, {"data": b"\x00" * 783}))
    assert (answer["code"], answer["type"]) == (400, "InvalidPixels")


def test_grpc_wants_the_key(digits: Client, seven: bytes) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        call_grpc(digits, {"data": seven}, key="wrong")
    assert "Token Authorization failed" in refused.value.details()


def test_no_key_no_answer(digits: Client, seven: bytes) -> None:
    response = httpx.post(f"{digits.server.inference}/predictions/digits", content=seven, trust_env=False)
    assert response.status_code == 400
    assert response.json()["type"] == "InvalidKeyException"


def test_nothing_listens_beyond_loopback() -> None:
    settings = properties.read()
    addresses = [value for key, value in settings.items() if key.endswith("_address")]
    assert len(addresses) == 8
    assert all("127.0.0.1" in address for address in addresses)


def call_grpc(client: Client, inputs: dict[str, bytes], key: str | None = None) -> bytes:
    settings = properties.read(client.server.directory / "config.properties")
    key = key or keys.read(client.server.directory).inference.value
    return inference_proto.predict(f"127.0.0.1:{settings['grpc_inference_port']}", key, "digits", inputs)


def image_file(pixels: bytes, format_: str) -> bytes:
    return saved(Image.frombytes("L", (28, 28), pixels), format_)
