"""Requests of the contract: one of each kind that clients send, and one for each error."""

from PIL import Image, ImageOps

from inference.http_message import JSON, Message
from tests import recipe
from tests.messages import RAW, b64, elements, form, of_json, png, raw, v2, v2_binary
from tests.pictures import digit, saved
from tests.torchserve import Sent

_SEVEN, _TWO = recipe.drawn(7), recipe.drawn(2, 4)
_BINARY = {"parameters": {"binary_data": True}}
_UINT8 = {"shape": [1, 28, 28], "datatype": "UINT8"}


def _explain(query: str = "") -> Sent:
    return Sent.http(raw(_SEVEN), explain="True", url_path=f"/explanations/digits{query}")


CASES = {
    "image-png": Sent.http(Message(png(_SEVEN[0]), "image/png")),
    "image-dark-on-light": Sent.http(Message(saved(ImageOps.invert(digit(7, scale=5)), "PNG"), "image/png")),
    "image-blank": Sent.http(Message(saved(digit(7).point(lambda _: 255), "BMP"), "image/bmp")),
    "image-form": Sent.http(
        form(('Content-Disposition: form-data; name="data"; filename="7.png"', png(_SEVEN[0])), boundary="b")
    ),
    "raw-one": Sent.http(raw(_SEVEN)),
    "raw-two": Sent.http(raw(_TWO)),
    "grpc": Sent({"data": (bytearray(_SEVEN.tobytes()), "")}),
    "x-784": Sent.http(of_json({"x": _SEVEN[0].ravel().tolist()})),
    "x-28x28": Sent.http(of_json({"x": _SEVEN[0].tolist()})),
    "x-fractions": Sent.http(of_json({"x": (_SEVEN[0] / 255).round(4).tolist()})),
    "x-two": Sent.http(of_json({"x": _TWO.tolist()})),
    "instances-one": Sent.http(of_json({"instances": _SEVEN.tolist()})),
    "instances-mixed": Sent.http(of_json({"instances": [_SEVEN[0].tolist(), {"b64": b64(png(_TWO[0]))}]})),
    "v2-uint8": Sent.http(v2(_TWO, id="42")),
    "v2-fp32": Sent.http(v2(_SEVEN, {"datatype": "FP32", "data": (_SEVEN / 255).round(4).ravel().tolist()})),
    "v2-bytes": Sent.http(v2(_SEVEN, {"datatype": "BYTES", "shape": [1], "data": [b64(png(_SEVEN[0]))]})),
    "v2-outputs": Sent.http(v2(_SEVEN, outputs=[{"name": "probabilities"}, {"name": "digit"}])),
    "v2-binary-in": Sent.http(v2_binary(_SEVEN.tobytes(), _UINT8)),
    "v2-binary-out": Sent.http(
        v2_binary(
            elements(png(_TWO[0]), png(_TWO[1])),
            {"shape": [2], "datatype": "BYTES"},
            id="43",
            outputs=[{"name": "probabilities"} | _BINARY, {"name": "digit"}],
        )
    ),
    "v2-binary-out-all": Sent.http(v2(_TWO, parameters={"binary_data_output": True})),
    "describe": Sent(headers={"describe": "True"}),
    "explanation": _explain(),
    "explanation-kernel-shap": _explain("?method=kernel_shap&target=3&samples=64&seed=5"),
    "explanation-occlusion": _explain("?method=occlusion&target=second"),
    "error-empty-body": Sent.http(Message(b"", RAW)),
    "error-invalid-form": Sent.http(form(('Content-Disposition: form-data; name="file"', b"7"), boundary="b")),
    "error-invalid-encoding": Sent.http(Message(b"hello", RAW, {"content-encoding": "gzip"})),
    "error-invalid-image": Sent.http(Message(b"hello", "image/png")),
    "error-invalid-pixels": Sent.http(of_json({"x": [256] + [0] * 783})),
    "error-invalid-json": Sent.http(of_json({"pixels": []})),
    "error-invalid-tensor": Sent.http(v2(_SEVEN, {"shape": [1, 783]})),
    "error-too-large": Sent.http(Message(b'{"instances":[' + b"0," * 4096 + b"0]}", JSON)),
    "error-unsupported-media": Sent.http(Message(b"hello", "text/plain")),
    "error-invalid-query": _explain("?method=gradcam"),
    "error-not-supported": _explain(),  # to a worker without Captum
    "error-overloaded": Sent.http(  # while another client sends requests
        Message(saved(Image.new("L", (2000, 2000)), "WEBP", lossless=True), "image/webp"), **{"x-client": "large"}
    ),
    "error-internal-error": Sent.http(raw(_SEVEN)),  # to a worker without a classifier
}
