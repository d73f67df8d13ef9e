"""Explanations by a real server: every method, format, target and error, alone and mixed with predictions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image

from handlers import priority
from model import SPEC
from model.explanations import METHODS
from model.pixels import Images
from serving.archives.record import Archive
from serving.torchserve import registrations

from .conftest import Client, serve
from .test_dialects import image_file

RAW = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def own(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Yield a server with a separate explainer."""
    with serve(tmp_path_factory.mktemp("explained"), archive) as client:
        registrations.add(client.server, registrations.EXPLAINER, archive.path.name)
        yield client


def explain(client: Client, content: bytes, query: str = "", name: str = SPEC.name, **headers: str) -> httpx.Response:
    return client.http.post(f"/explanations/{name}{query}", content=content, headers=RAW | headers)


def test_asking_the_explainer_costs_the_other_worker_nothing(own: Client, archive: Archive, seven: bytes) -> None:
    """This must be the first test of the server, because later tests let its worker explain."""
    registrations.add(own.server, registrations.EXPLAINER, archive.path.name)  # adding it again is no error
    assert explain(own, seven, name=registrations.EXPLAINER).json()["digit"] == 7
    assert own.predict(seven).json()["digit"] == 7
    (worker,) = own.workers()
    assert not loaded_torch(worker)
    with own.server.manage(registrations.EXPLAINER) as management:
        (described,) = management.describe()
    assert (described["batchSize"], len(described["workers"])) == (1, 1)
    explains = described["workers"][0]["pid"]
    assert not loaded_torch(explains)
    assert psutil.Process(explains).nice() == psutil.Process(worker).nice() + priority.NICE


@pytest.mark.parametrize("name", [SPEC.name, f"{SPEC.name}/1.0", registrations.EXPLAINER])
@pytest.mark.parametrize("method", METHODS)
def test_every_method(own: Client, seven: bytes, method: str, name: str) -> None:
    response = explain(own, seven, f"?method={method}&seed=4", name)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["digit"], answer["target"], answer["method"], answer["seed"]) == (7, 7, method, 4)
    assert answer["samples"] == METHODS[method].default
    assert np.array(answer["image"], dtype=np.uint8).tobytes() == seven
    shares = np.array(answer["attributions"])
    assert shares.shape == (28, 28)
    if method in ("integrated_gradients", "kernel_shap"):
        assert shares.sum() == pytest.approx(answer["logit"] - answer["base"], rel=0.01)
    assert explain(own, seven, f"?method={method}&seed=4", name).content == response.content


@pytest.mark.parametrize("query", ["?format=png", "?method=lime&format=png", "?target=second&format=png"])
def test_pictures(own: Client, seven: bytes, query: str) -> None:
    response = explain(own, seven, query)
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    assert Image.open(BytesIO(response.content)).size == (580, 700)


def test_the_accept_header(own: Client, seven: bytes) -> None:
    assert explain(own, seven, Accept="image/png").headers["content-type"] == "image/png"
    assert explain(own, seven, Accept="application/json").headers["content-type"] == "application/json"


def test_targets(own: Client, seven: bytes) -> None:
    probabilities = own.predict(seven).json()["probabilities"]
    order = np.argsort(probabilities)[::-1].tolist()
    for query, expected in {"second": order[1], "predicted": 7, **{str(digit): digit for digit in range(10)}}.items():
        answer = explain(own, seven, f"?target={query}").json()
        assert (answer["digit"], answer["target"]) == (7, expected)
        assert answer["probability"] == pytest.approx(probabilities[expected], abs=1e-6)


@pytest.mark.parametrize("dialect", ["png", "form", "x", "instances", "v2", "v1 address", "v2 address"])
def test_every_dialect(own: Client, seven: bytes, dialect: str) -> None:
    pixels, file = list(seven), image_file(seven, "PNG")
    tensor = {"name": "p", "shape": [1, 784], "datatype": "UINT8", "data": pixels}
    sent: dict[str, tuple[str, dict[str, Any]]] = {
        "png": ("/explanations/digits", {"content": file}),
        "form": ("/explanations/digits?target=3", {"files": {"data": ("7.png", file, "image/png")}}),
        "x": ("/explanations/digits", {"json": {"x": pixels}}),
        "instances": ("/explanations/digits", {"json": {"instances": [pixels]}}),
        "v2": ("/explanations/digits", {"json": {"inputs": [tensor]}}),
        "v1 address": ("/v1/models/digits:explain", {"json": {"instances": [pixels]}}),
        "v2 address": ("/v2/models/digits/explain", {"json": {"inputs": [tensor]}}),
    }
    address, body = sent[dialect]
    answer = own.http.post(address, **body).json()
    expected = explain(own, seven, "?target=3" if dialect == "form" else "").json()
    del answer["input"], expected["input"]
    assert answer == expected


@pytest.mark.parametrize(
    "query",
    [
        "method=gradcam",
        "target=10",
        "method=lime&samples=1000000",
        "seed=x",
        "format=svg",
        "methd=lime",
        "seed=1&seed=1",
    ],
)
def test_a_query_that_is_wrong_is_told_what_it_may_be(own: Client, seven: bytes, query: str) -> None:
    response = explain(own, seven, f"?{query}")
    assert (response.status_code, response.json()["code"], response.json()["type"]) == (400, 400, "InvalidQuery")
    assert response.json()["hint"]


@pytest.mark.parametrize(("images", "status", "type_"), [(2, 413, "TooLarge"), (0, 400, "EmptyBody")])
def test_an_explanation_is_of_one_image(own: Client, seven: bytes, images: int, status: int, type_: str) -> None:
    response = explain(own, images * seven)
    assert (response.status_code, response.json()["type"]) == (status, type_)


def test_a_clients_own_headers_turn_no_prediction_into_an_explanation(own: Client, seven: bytes) -> None:
    for headers in ({"explain": "True"}, {"Explain": "True"}, {"url_path": "?method=gradcam"}, {"describe": "True"}):
        assert "probabilities" in own.predict(seven, **headers).json()
        answer = explain(own, seven, "?method=occlusion", **{**headers, "url-path": "x"})
        assert answer.json()["method"] == "occlusion"


def test_explanations_and_predictions_at_once_each_get_their_own_answer(
    own: Client, test_set: tuple[Images, Any]
) -> None:
    """128 requests at once: batches are mixed, and each answer equals the answer to the request alone."""
    images = test_set[0][:16]
    queries = [
        f"?method={method}&target={target}&seed=3" for method in METHODS for target in ("predicted", "second", 3)
    ]
    queries.append("?method=gradcam")
    jobs = [(index % 16, queries[index // 2 % 16] if index % 2 else None) for index in range(128)]
    alone = {job: answer(own, images, job) for job in set(jobs)}
    with ThreadPoolExecutor(32) as pool:
        together = list(pool.map(lambda job: answer(own, images, job), jobs))
    for job, actual in zip(jobs, together, strict=True):
        expected = dict(alone[job])
        assert actual.keys() == expected.keys()
        for name, value in expected.items():
            if name in ("attributions", "probabilities", "logit", "base", "confidence", "probability"):
                np.testing.assert_allclose(actual[name], value, rtol=1e-3, atol=1e-4)
            elif name != "completeness_error":
                assert actual[name] == value, (job, name)


def answer(client: Client, images: Images, job: tuple[int, str | None]) -> dict[str, Any]:
    image, query = job
    content = images[image].tobytes()
    response = client.predict(content) if query is None else explain(client, content, query)
    return dict(response.json())


def loaded_torch(pid: int) -> bool:
    return any("libtorch" in mapped.path for mapped in psutil.Process(pid).memory_maps())
