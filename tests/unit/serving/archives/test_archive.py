"""Building the archive with the real torch-model-archiver."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import yaml

from inference.classifier import Classifier
from inference.golden import check
from inference.samples import Samples
from model import SPEC
from model.pixels import Images
from serving.archives import archive, record
from serving.archives.package import ModelPackage
from serving.archives.parity import ParityError
from serving.archives.record import Archive
from serving.openapi import interface
from serving.paths import HANDLER, MODEL_CONFIG, ROOT
from tests import recipe
from tests.processes import bounded
from tests.unit.serving.conftest import Ingredients

pytestmark = pytest.mark.usefixtures("restored")

_BUILD = """
import sys
from pathlib import Path
import numpy
from serving.archives.archive import build
from serving.archives.package import ModelPackage
from inference.samples import Samples
bundle, images, labels, out = sys.argv[1:]
print(build(ModelPackage(), Path(bundle), Samples(numpy.load(images), numpy.load(labels)), Path(out)).sha256)
"""


def test_it_holds_the_code_the_model_and_the_golden_samples_and_nothing_else(built: Archive) -> None:
    with zipfile.ZipFile(built.path) as file:
        names = set(file.namelist())
        code = record.sources(ModelPackage())
        assert names == code.keys() | {
            "MAR-INF/MANIFEST.json",
            "inference_handler.py",
            "format.txt",
            "golden.safetensors",
            "interface.json",
            "model-config.yaml",
            "model.safetensors",
            "sitecustomize.py",
        }
        assert {"model/spec.py", "inference/spec.py", "handlers/worker_loop.py"} <= code.keys()
        for name in code:
            assert file.read(name) == (ROOT / name).read_bytes()
        assert file.read("inference_handler.py") == HANDLER.read_bytes()
        assert file.read("model-config.yaml") == MODEL_CONFIG.read_bytes()


def test_the_manifest_is_what_torchserve_expects(built: Archive) -> None:
    with zipfile.ZipFile(built.path) as file:
        manifest = json.loads(file.read("MAR-INF/MANIFEST.json"))
    assert manifest["runtime"] == "python"
    assert manifest["createdOn"] == "01/01/1980 00:00:00"
    assert manifest["model"] == {
        "modelName": "digits",
        "modelVersion": "1.0",
        "handler": "inference_handler.py",
        "configFile": "model-config.yaml",
    }


def test_its_settings_can_be_read(built: Archive) -> None:
    with zipfile.ZipFile(built.path) as file:
        settings = yaml.safe_load(file.read("model-config.yaml"))
    assert {"batchSize", "maxBatchDelay", "responseTimeout", "startupTimeout"} <= settings.keys()


def test_its_interface_is_the_specifications_with_an_example_that_its_network_answered(
    built: Archive, ingredients: Ingredients
) -> None:
    description = interface.read(built.path)
    assert description
    assert (description.name, description.input, description.output) == (SPEC.name, SPEC.input, SPEC.output)
    assert description.example
    image = ingredients.images[0]
    assert description.example.request == {"x": image.tolist()}
    answer, predictions = description.example.answer, Classifier(ingredients.bundle).predict(image[None])
    assert answer["digit"] == predictions.classes[0]
    assert answer["probabilities"] == pytest.approx(predictions.probabilities[0].tolist(), abs=1e-6)
    assert answer["model"] == {"name": "digits", "version": "1.0", "weights": ingredients.bundle.sha256[:12]}


def test_its_weights_are_the_bundle_and_its_golden_samples_prove_them(
    built: Archive, ingredients: Ingredients, tmp_path: Path
) -> None:
    with zipfile.ZipFile(built.path) as file:
        assert file.read("model.safetensors") == ingredients.path.read_bytes()
        golden = Path(file.extract("golden.safetensors", tmp_path))
    assert np.array_equal(safetensors.numpy.load_file(golden)["rows"], ingredients.images[:32])
    check(Classifier(ingredients.bundle), golden)  # does not raise


def test_it_is_sealed(built: Archive) -> None:
    with zipfile.ZipFile(built.path) as file:
        entries = file.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}


def test_its_record_lies_beside_it(built: Archive) -> None:
    assert record.recorded(built.path) == built
    assert built.sha256 == record.sha256(built.path.read_bytes())
    assert {path.name for path in built.path.parent.iterdir()} == {"digits.mar", "digits.mar.json"}


def test_builds_of_one_bundle_have_equal_bytes_even_side_by_side(
    built: Archive, ingredients: Ingredients, tmp_path: Path
) -> None:
    images, labels = tmp_path / "images.npy", tmp_path / "labels.npy"
    np.save(images, ingredients.images)
    np.save(labels, ingredients.labels)
    arguments = [sys.executable, "-c", _BUILD, str(ingredients.path), str(images), str(labels)]
    outs = [tmp_path / "one" / "digits.mar", tmp_path / "two" / "digits.mar"]
    theirs = tmp_path / "tmp" / "digits" / "file"  # default working folder of torch-model-archiver
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    options: dict[str, Any] = {"cwd": ROOT, "env": os.environ | {"TMPDIR": str(tmp_path / "tmp")}}
    with ExitStack() as stack:
        commands = [[*arguments, str(out)] for out in outs]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) for command in commands]
        builds = [stack.enter_context(bounded(build)) for build in started]
        printed = [build.communicate(timeout=120)[0].split()[-1] for build in builds]
    assert [build.returncode for build in builds] == [0, 0]
    assert printed == [built.sha256] * 2
    assert all(out.read_bytes() == built.path.read_bytes() for out in outs)
    assert theirs.exists()
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["digits"]


def test_a_bundle_that_claims_another_accuracy_is_never_written(ingredients: Ingredients, tmp_path: Path) -> None:
    recipe.save(tmp_path / "boasting.safetensors", test_accuracy=0.9999)
    with pytest.raises(ParityError, match=r"the bundle claims 0\.9999"):
        build(
            tmp_path / "boasting.safetensors", ingredients.images[:64], ingredients, tmp_path / "store" / "digits.mar"
        )
    assert not (tmp_path / "store").exists()


def test_a_failed_build_leaves_the_archive_before_it_alone(
    built: Archive, ingredients: Ingredients, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    shutil.copytree(built.path.parent, store)
    recipe.save(tmp_path / "silent.safetensors")
    with pytest.raises(ParityError, match="the bundle claims None"):
        build(tmp_path / "silent.safetensors", ingredients.images[:64], ingredients, store / "digits.mar")
    assert (store / "digits.mar").read_bytes() == built.path.read_bytes()
    recorded = record.recorded(store / "digits.mar")
    assert recorded is not None
    assert recorded.sha256 == built.sha256


def build(bundle_path: Path, images: Images, ingredients: Ingredients, path: Path) -> Archive:
    return archive.build(ModelPackage(), bundle_path, Samples(images, ingredients.labels[: len(images)]), path)


@pytest.mark.parametrize("content", [None, b"", b"not a bundle"])
def test_what_is_no_bundle_is_never_packed(ingredients: Ingredients, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bundle"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((FileNotFoundError, ValueError)) as refused:
        build(path, ingredients.images, ingredients, tmp_path / "store" / "digits.mar")
    assert str(path) in str(refused.value)
    assert not (tmp_path / "store").exists()


def test_torchserves_own_loader_starts_it_from_nothing_but_its_folder(built: Archive, tmp_path: Path) -> None:
    """A process without the repository answers a real batch with only the unpacked files."""
    with zipfile.ZipFile(built.path) as file:
        file.extractall(tmp_path / "model")
    program = """
import sys, types
from ts.model_loader import TsModelLoader
service = TsModelLoader().load("digits", sys.argv[1], "inference_handler.py", None, 64, None)
batch = [{"requestId": b"1", "headers": [], "parameters": [
    {"name": "data", "contentType": "application/octet-stream", "value": bytearray(784)}]}]
service.set_cl_socket(None)
service.context.metrics = types.SimpleNamespace(request_ids=None, add_time=lambda name, value: None)
import model
assert model.__file__.startswith(sys.argv[1]), model.__file__
sys.stdout.buffer.write(service.predict(batch))
"""
    command = [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "model")]
    completed = subprocess.run(command, cwd=tmp_path / "model", capture_output=True, check=False, timeout=240)
    assert completed.returncode == 0, completed.stderr.decode()
    assert b"Prediction success" in completed.stdout
    assert b'"accepted":false' in completed.stdout
