"""Archives of models of other kinds, each made only from its folder and its bundle."""

import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import safetensors.numpy

from inference import bundle, golden
from inference.classifier import Classifier
from inference.golden import check
from inference.samples import Samples
from serving.archives import admission, archive, conversion, formats
from serving.archives.package import ModelPackage
from serving.archives.parity import ParityError
from serving.archives.record import Archive, Release
from serving.errors import UserError
from serving.gateway.routes import Route
from serving.openapi import interface
from tests.models import photos, table

pytestmark = pytest.mark.usefixtures("restored")
MODELS = {"table": table, "photos": photos}


def package(model: ModuleType) -> ModelPackage:
    assert model.__file__
    return ModelPackage(Path(model.__file__).parent)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Archive]:
    """Build an archive of a model in a format, once for all tests."""

    @cache
    def built(model: str, format_: str) -> Archive:
        folder, module = tmp_path_factory.mktemp(model), MODELS[model]
        module.save(folder / bundle.WEIGHTS)
        release = Release("2.0", format_)
        return archive.build(
            package(module), folder / bundle.WEIGHTS, Samples(module.ROWS), folder / "store" / "model.mar", release
        )

    return built


@pytest.mark.parametrize(
    ("model", "format_"),
    [("table", "eager"), ("table", "numpy"), ("table", "onnx"), ("photos", "eager"), ("photos", "export")],
)
def test_each_is_packaged_in_the_formats_for_its_network(
    model: str, format_: str, build: Callable[[str, str], Archive], tmp_path: Path
) -> None:
    module, packaged = MODELS[model], build(model, format_)
    assert (packaged.name, packaged.version) == (module.SPEC.name, "2.0")
    with zipfile.ZipFile(packaged.path) as file:
        manifest = json.loads(file.read("MAR-INF/MANIFEST.json"))
        samples = Path(file.extract(golden.FILE, tmp_path))
    assert (manifest["model"]["modelName"], manifest["model"]["modelVersion"]) == (module.SPEC.name, "2.0")
    assert np.array_equal(safetensors.numpy.load_file(samples)["rows"], module.ROWS)
    check(Classifier(module.save(tmp_path / bundle.WEIGHTS)), samples)  # does not raise


def test_a_model_without_explanations_has_no_explainer(build: Callable[[str, str], Archive]) -> None:
    formats_ = {"table": "numpy", "photos": "eager"}
    routes = {name: Route.of(MODELS[name].SPEC.name, build(name, format_).path) for name, format_ in formats_.items()}
    assert routes["table"] == Route("flowers", 16, None, "flowers")
    assert routes["photos"] == Route("photos", 3072, (32, 32), "explainer")


def test_the_format_follows_from_the_network(tmp_path: Path) -> None:
    assert formats.default(table.save(tmp_path / "table")) == "numpy"
    convolution = photos.save(tmp_path / "photos")
    assert formats.default(convolution) == "eager"
    for name in ("numpy", "onnx", "int8"):
        with pytest.raises(UserError, match="is for linear layers"):
            conversion.files(name, convolution)


def test_an_archive_has_the_name_that_it_is_given(tmp_path: Path) -> None:
    table.save(tmp_path / bundle.WEIGHTS)
    path = tmp_path / "store" / "iris.mar"
    iris = archive.build(package(table), tmp_path / bundle.WEIGHTS, Samples(table.ROWS), path, Release(name="iris"))
    description = interface.read(path)
    assert description
    assert description.example
    assert iris.name == description.name == description.example.answer["model"]["name"] == "iris"
    assert admission.admit(path) == iris


def test_a_claimed_accuracy_needs_labels_that_confirm_it(tmp_path: Path) -> None:
    saved = table.save(tmp_path / "plain")
    metadata = bundle.Metadata("own", table.ARCHITECTURE, seed=1, metrics={"test_accuracy": 0.75})
    bundle.save(saved.parameters, metadata, table.SPEC, tmp_path / bundle.WEIGHTS)
    labels = Classifier(saved).predict(table.ROWS).classes
    labels[3] = (labels[3] + 1) % 3  # three of four are right
    path = tmp_path / "store" / "flowers.mar"
    archive.build(package(table), tmp_path / bundle.WEIGHTS, Samples(table.ROWS, labels), path)  # does not raise
    for wrong in (None, (labels + 1) % 3):
        with pytest.raises(ParityError, match=r"the bundle claims 0\.75"):
            archive.build(package(table), tmp_path / bundle.WEIGHTS, Samples(table.ROWS, wrong), path)
