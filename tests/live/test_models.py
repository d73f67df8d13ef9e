"""Models of other kinds: packaged, served over every protocol, and rolled out by the commands, through the gateway.

The parts that are specific to a model are in its folder of tests/models.
"""

import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import numpy as np
import pytest

from inference import bundle
from inference.classifier import Classifier, Predictions
from inference.http_message import Message
from inference.runtimes import in_memory
from inference.samples import FILE as SAMPLES
from inference.samples import Samples, save
from inference.spec import Rows
from serving import paths
from serving.archives import record
from serving.gateway import clients, gateway, haproxy
from serving.gateway.gateway import Gateway
from serving.gateway.routes import Route
from serving.node import deployment
from serving.torchserve import server
from serving.torchserve.probe import answers
from serving.torchserve.server import Server
from tests import forked
from tests.live.conftest import until
from tests.live.gateway.conftest import node_ports
from tests.messages import RAW, b64, elements, form, of_json, png, v2_binary
from tests.models import photos, table
from tests.processes import bounded

MODELS = {"table": table, "photos": photos}
Paths = dict[str, Path]


def packaged(model: ModuleType, folder: Path, version: str, threshold: float = 0.0) -> Path:
    """Write a bundle of a model, and package it by scripts/package. Return the archive."""
    assert model.__file__
    weights = folder / version / bundle.WEIGHTS
    saved = model.save(weights)
    metadata = bundle.Metadata("own", model.ARCHITECTURE, 1, threshold=threshold)
    bundle.save(saved.parameters, metadata, model.SPEC, weights)
    save(Samples(model.ROWS), weights.with_name(SAMPLES))
    archive = folder / f"{model.SPEC.name}-{version}.mar"
    where = ("--model", Path(model.__file__).parent, "--bundle", weights, "--out", archive)
    assert "parity" in forked.succeed("package", *where, "--version", version).stdout
    return archive


@dataclass(frozen=True)
class Served:
    """A node that serves one of the models. scripts/serve started it with the gateway."""

    model: ModuleType
    store: Path
    directory: Path
    http: httpx.Client

    @property
    def rows(self) -> Rows:
        rows: Rows = self.model.ROWS
        return rows

    @property
    def name(self) -> str:
        return str(self.model.SPEC.name)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.model.SPEC.output.labels)

    @property
    def server(self) -> Server:
        running = server.find(self.directory)
        assert running
        return running

    @property
    def gateway(self) -> Gateway:
        running = gateway.find(self.directory)
        assert running
        return running

    @cached_property
    def predictions(self) -> Predictions:
        """Return the predictions for the rows of the model by its own network."""
        loaded = bundle.load(self.store / "1.0" / bundle.WEIGHTS, self.model.SPEC)
        return Classifier(loaded, runtime=in_memory(self.model.RUNTIME, loaded)).predict(self.rows)

    def post(self, path: str, message: Message, **headers: str) -> httpx.Response:
        sent = {"Content-Type": message.content_type, **message.headers, **headers}
        return self.http.post(path, content=message.body, headers=sent)

    def predict(self, message: Message, path: str = "") -> Any:
        response = self.post(path or f"/predictions/{self.name}", message)
        assert response.status_code == 200, response.text
        return response.json()

    def assert_predicts(self, answers: list[dict[str, Any]], first: int = 0, version: str = "1.0") -> None:
        """Check that the answers are the predictions for the rows of the model from ``first`` on."""
        for row, answer in enumerate(answers, first):
            assert answer["label"] == self.labels[self.predictions.classes[row]]
            np.testing.assert_allclose(answer["probabilities"], self.predictions.probabilities[row], atol=1e-5)
            assert (answer["model"]["name"], answer["model"]["version"]) == (self.name, version)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """Return the archive of version 1.0 of each model, each in its own folder."""
    return {name: packaged(model, tmp_path_factory.mktemp(name), "1.0") for name, model in MODELS.items()}


@pytest.fixture(scope="module", params=MODELS)
def served(request: pytest.FixtureRequest, first: Paths, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    model, archive = MODELS[request.param], first[request.param]
    directory, store = tmp_path_factory.mktemp("node"), archive.parent
    settings = node_ports() | {"model_store": str(store), "load_models": archive.name}
    line: list[str | Path] = [sys.executable, paths.COMMANDS, "serve", "--gateway", "--directory", directory]
    process = subprocess.Popen([*line, *(f"--set={key}={value}" for key, value in settings.items())], text=True)
    with ExitStack() as stack:
        stack.enter_context(bounded(process))
        stack.callback(stop, process)
        until(lambda: process.poll() is not None or answers(f"{settings['health_address']}/readyz"), 120)
        door = gateway.find(directory)
        assert door, "scripts/serve ended"
        key = clients.add(door.clients, clients.Client("tests", rate=100_000, expires=clients.in_days(1)))
        door.refresh()
        trust = ssl.create_default_context(cafile=str(door.certificate))
        client = httpx.Client(base_url=door.url, timeout=60, trust_env=False, verify=trust)
        http = stack.enter_context(client)
        http.headers["Authorization"] = f"Bearer {key}"
        until(lambda: http.get("/readyz").status_code == 200, 10)
        yield Served(model, store, directory, http)


def stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.wait(60)


def tensor(served: Served, **fields: Any) -> dict[str, Any]:
    spec = served.model.SPEC.input
    shape = [len(served.rows), *spec.shape]
    data = served.rows.ravel().tolist()
    return {"name": spec.name, "shape": shape, "datatype": spec.datatype, "data": data} | fields


def test_raw_rows(served: Served) -> None:
    served.assert_predicts([served.predict(Message(served.rows[2].tobytes(), RAW))], 2)
    served.assert_predicts(served.predict(Message(served.rows.tobytes(), RAW))["predictions"])


def test_lists_of_numbers(served: Served) -> None:
    served.assert_predicts([served.predict(of_json({"x": served.rows[1].tolist()}))], 1)
    served.assert_predicts(served.predict(of_json({"x": served.rows.tolist()}))["predictions"])
    for path in (f"/predictions/{served.name}", f"/v1/models/{served.name}:predict"):
        served.assert_predicts(served.predict(of_json({"instances": served.rows.tolist()}), path)["predictions"])


def test_a_form(served: Served) -> None:
    message = form(('Content-Disposition: form-data; name="data"', served.rows[3].tobytes()))
    served.assert_predicts([served.predict(message)], 3)


def test_tensors_as_json(served: Served) -> None:
    answer = served.predict(of_json({"id": "7", "inputs": [tensor(served)]}), f"/v2/models/{served.name}/infer")
    label, probabilities = answer["outputs"]
    assert (answer["model_name"], answer["model_version"], answer["id"]) == (served.name, "1.0", "7")
    assert label["data"] == [served.labels[index] for index in served.predictions.classes]
    assert probabilities["shape"] == list(served.predictions.probabilities.shape)
    np.testing.assert_allclose(probabilities["data"], served.predictions.probabilities.ravel(), atol=1e-5)


def test_tensors_as_bytes(served: Served) -> None:
    spec = served.model.SPEC.input
    outputs = [{"name": name, "parameters": {"binary_data": True}} for name in ("probabilities", "label")]
    fields = {"name": spec.name, "shape": [len(served.rows), spec.size], "datatype": spec.datatype}
    response = served.post(f"/v2/models/{served.name}/infer", v2_binary(served.rows.tobytes(), fields, outputs=outputs))
    data = response.content[int(response.headers["Inference-Header-Content-Length"]) :]
    size = served.predictions.probabilities.nbytes
    expected = served.predictions.probabilities.ravel()
    np.testing.assert_allclose(np.frombuffer(data[:size], "<f4"), expected, atol=1e-5)
    assert data[size:] == elements(*(served.labels[index].encode() for index in served.predictions.classes))


def test_image_files_are_for_models_of_images(served: Served) -> None:
    file = png(photos.ROWS[0])
    response = served.post(f"/predictions/{served.name}", Message(file, "image/png"))
    if served.model is table:
        assert (response.status_code, response.json()["type"]) == (415, "UnsupportedMedia")
        return
    served.assert_predicts([response.json()])
    served.assert_predicts(served.predict(of_json({"instances": [{"b64": b64(file)}]}))["predictions"])
    part = ('Content-Disposition: form-data; name="data"; filename="photo.png"', file)
    served.assert_predicts([served.predict(form(part))])


def test_explanations_are_of_models_that_have_them(served: Served) -> None:
    message = Message(served.rows[0].tobytes(), RAW)
    response = served.post(f"/explanations/{served.name}", message)
    if served.model is table:
        assert (response.status_code, response.json()["type"]) == (501, "NotSupported")
        return
    assert response.status_code == 200, response.text
    assert response.json()["label"] == served.labels[served.predictions.classes[0]]
    assert np.shape(response.json()["attributions"]) == served.rows.shape[1:]


def test_bodies_that_are_too_long_for_a_buffer_are_answered_as_well(served: Served) -> None:
    times = 1 + 20_000 // served.rows.nbytes
    message = Message(served.rows.tobytes() * times, RAW)
    answers = served.predict(message)["predictions"]
    assert len(answers) == times * len(served.rows)
    for start in range(0, len(answers), len(served.rows)):
        served.assert_predicts(answers[start : start + len(served.rows)])


def test_the_gateway_knows_the_models_own_paths_and_no_others(served: Served) -> None:
    message = Message(served.rows[0].tobytes(), RAW)
    assert served.predict(message, f"/predictions/{served.name}/1.0")["model"]["version"] == "1.0"
    assert served.post(f"/predictions/{served.name}/9.9", message).status_code == 404
    assert served.http.get(f"/v2/models/{served.name}/ready").status_code == 200
    for path in ("/predictions/digits", "/predictions/digits/1.0", "/explanations/digits", "/v2/models/digits/infer"):
        assert served.post(path, message).json()["type"] == "NotFound"
    assert served.http.get("/v2/models/digits/ready").status_code == 404


def test_a_bad_request_says_what_the_model_takes(served: Served) -> None:
    response = served.post(f"/predictions/{served.name}", Message(b"12345", RAW))
    assert response.status_code == 400
    assert f"multiple of {served.model.SPEC.input.row_bytes}" in response.json()["message"]


@pytest.mark.parametrize("served", ["table"], indirect=True)  # the other's workers import PyTorch
def test_another_version_is_rolled_out_with_a_canary_and_back(served: Served) -> None:
    second = packaged(served.model, served.store, "2.0", threshold=0.99)
    where = ("--directory", served.directory, "--slack", "1")
    rolled = forked.succeed("rollout", second, *where, "--canary", "50", "--seconds", "2")
    assert f"answers its {len(served.rows)} golden samples" in rolled.stdout
    message = Message(served.rows.tobytes(), RAW)
    served.assert_predicts(served.predict(message)["predictions"], version="2.0")
    forked.succeed("rollout", "--rollback", *where)
    served.assert_predicts(served.predict(message)["predictions"])


def test_another_models_archive_is_not_rolled_out(served: Served, first: Paths) -> None:
    other = "photos" if served.model is table else "table"
    rolled = forked.run("rollout", first[other], "--directory", served.directory)
    assert rolled.returncode == 1
    remedy = "scripts/models lists the served models, and scripts/models add adds one"
    assert rolled.stderr == f"error: {MODELS[other].SPEC.name} is not served: {remedy}\n"


def test_a_second_model_is_served_beside_the_first(served: Served, first: Paths) -> None:
    other, archive = (photos, first["photos"]) if served.model is table else (table, first["table"])
    store = deployment.store(served.directory)
    for path in (archive, record.record_path(archive)):
        shutil.copy(path, store)
    main = Route.of(served.name, deployment.served(served.directory))
    second = Route.of(other.SPEC.name, store / archive.name, explainer=other.SPEC.name)
    message = Message(other.ROWS[0].tobytes(), RAW)
    with served.server.manage(other.SPEC.name) as management:
        management.register(archive.name)
        served.gateway.serve([main, second])
        try:
            answer = served.predict(message, f"/predictions/{other.SPEC.name}")
            assert (answer["model"]["name"], answer["label"] in other.SPEC.output.labels) == (other.SPEC.name, True)
            explained = served.post(f"/explanations/{other.SPEC.name}", message)
            assert explained.status_code == (200 if other is photos else 501)
            served.assert_predicts([served.predict(Message(served.rows[0].tobytes(), RAW))])
        finally:
            served.gateway.serve([main])
            management.unregister("1.0")
    assert served.post(f"/predictions/{other.SPEC.name}", message).status_code == 404
