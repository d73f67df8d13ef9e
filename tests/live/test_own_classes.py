"""Models with other classes, from files to answers: the shapes of the example, and letters in many fonts."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest

from examples.shapes import make as shapes
from examples.shapes.make import SHAPES
from inference import bundle
from model import SPEC
from serving import paths
from serving.archives import admission
from serving.torchserve import server
from serving.torchserve.management import UNANSWERED, Management
from tests import forked, letters
from tests.live.conftest import Client, free_ports, until
from tests.messages import png

EXAMPLE = paths.ROOT / "examples" / "shapes" / "make.py"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the example, and return the folder of the bundle."""
    folder = tmp_path_factory.mktemp("own")
    subprocess.run([sys.executable, EXAMPLE, folder / "data"], check=True, capture_output=True, timeout=240)
    forked.succeed("train", "--data", folder / "data", "--name", "shapes", "--out", folder / "bundle", "--epochs", 15)
    return folder / "bundle"


@pytest.fixture(scope="module")
def packaged(trained: Path) -> Path:
    """Package the bundle, and return the archive."""
    path = trained.with_name("shapes.mar")
    output = forked.succeed("package", "--bundle", trained, "--out", path).stdout
    assert f"parity: its predictions for all {3 * shapes.COUNT / 7:.0f} test examples" in output
    return path


@pytest.fixture(scope="module")
def client(packaged: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    started = server.start(tmp_path_factory.mktemp("server"), admission.admit(packaged), free_ports())
    try:
        with started.manage("shapes") as management:
            until(lambda: is_ready(management), 60)
            key = management.keys.inference
        with httpx.Client(base_url=started.inference, headers=key.header, timeout=60, trust_env=False) as http:
            yield Client(started, http)
    finally:
        started.stop()


def is_ready(management: Management) -> bool:
    try:
        workers = management.describe()[0]["workers"]
    except UNANSWERED:
        return False
    return bool(workers) and all(worker["status"] == "READY" for worker in workers)


def pictures(count: int) -> list[tuple[str, bytes]]:
    """Return new pictures: the label and the PNG file of each."""
    random, pairs = np.random.default_rng(99), []
    for number in range(count):
        file, shape = BytesIO(), SHAPES[number % len(SHAPES)]
        shapes.draw(shape, random).save(file, "PNG")
        pairs.append((shape, file.getvalue()))
    return pairs


def test_nearly_all_of_its_own_test_set_is_right(trained: Path) -> None:
    metadata = bundle.load(trained / bundle.WEIGHTS, SPEC).metadata
    assert (metadata.labels, metadata.name) == (SHAPES, "shapes")
    assert metadata.metrics["test_images"] == round(3 * shapes.COUNT / 7)
    assert metadata.metrics["test_accuracy"] >= 0.95


def test_the_archive_has_the_model_s_own_name(packaged: Path) -> None:
    assert admission.admit(packaged).name == "shapes"


def test_new_pictures_are_answered_with_their_labels(client: Client) -> None:
    sent = pictures(30)
    answers = [client.http.post("/predictions/shapes", content=picture).json() for _, picture in sent]
    keys = ["label", "confidence", "accepted", "probabilities", "model", "input"]
    assert all(list(answer) == keys for answer in answers)
    assert {answer["model"]["name"] for answer in answers} == {"shapes"}
    assert {len(answer["probabilities"]) for answer in answers} == {len(SHAPES)}
    right = [answer["label"] == shape for answer, (shape, _) in zip(answers, sent, strict=True)]
    assert np.mean(right) >= 0.9


def test_labels_are_text_in_the_open_inference_protocol(client: Client) -> None:
    rows = np.zeros((2, 28, 28), dtype=np.uint8)
    tensor = {"name": "pixels", "shape": [2, 28, 28], "datatype": "UINT8", "data": rows.ravel().tolist()}
    answer = client.http.post("/predictions/shapes", json={"inputs": [tensor]}).json()
    label, probabilities = answer["outputs"]
    assert (label["name"], label["datatype"], set(label["data"]) <= set(SHAPES)) == ("label", "BYTES", True)
    assert probabilities["shape"] == [2, 3]


def test_letters_of_many_fonts_are_read_and_served(client: Client, packaged: Path, tmp_path: Path) -> None:
    letters.write(tmp_path / "data", 5)
    forked.succeed("train", "--data", tmp_path / "data", "--name", "letters", "--out", tmp_path / "bundle")
    metadata = bundle.load(tmp_path / "bundle" / bundle.WEIGHTS, SPEC).metadata
    assert metadata.labels == letters.LETTERS
    assert metadata.metrics["test_images"] > 150
    assert metadata.metrics["test_accuracy"] >= 0.95
    forked.succeed("package", "--bundle", tmp_path / "bundle", "--out", packaged.with_name("letters.mar"))
    with client.server.manage("letters") as management:
        management.register("letters.mar")
    random = np.random.default_rng(99)
    sent = [(letter, letters.draw(letter, font, random)) for font in letters.fonts() for letter in letters.LETTERS]
    instances = [{"b64": base64.b64encode(png(np.asarray(picture))).decode()} for _, picture in sent]
    answers = client.http.post("/v1/models/letters:predict", json={"instances": instances}).json()["predictions"]
    right = [answer["label"] == letter for answer, (letter, _) in zip(answers, sent, strict=True)]
    assert np.mean(right) >= 0.95

    def alone(instance: dict[str, str]) -> list[float]:
        content = base64.b64decode(instance["b64"])
        answer: list[float] = client.http.post("/predictions/letters", content=content).json()["probabilities"]
        return answer

    together = [answer["probabilities"] for answer in answers[:100]]
    with ThreadPoolExecutor(64) as pool:
        np.testing.assert_allclose(list(pool.map(alone, instances[:100])), together, atol=1e-4)


def test_an_archive_is_not_proved_on_mnist(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes((trained / "model.safetensors").read_bytes())
    completed = forked.run("package", "--bundle", tmp_path, "--out", tmp_path / "shapes.mar")
    assert completed.returncode == 1
    assert completed.stderr.startswith("error: ")
    assert "its test set" in completed.stderr
    assert not (tmp_path / "shapes.mar").exists()
