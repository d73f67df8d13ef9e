"""Golden samples: the check finds any other weights, and accepts the same ones."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from inference import bundle, golden
from inference.bundle import Bundle, Metadata
from inference.classifier import Classifier
from inference.golden import GoldenError
from model import SPEC
from tests import recipe

IMAGES = recipe.drawn(*range(10))


@pytest.fixture
def file(small: Bundle, tmp_path: Path) -> Path:
    path = tmp_path / golden.FILE
    path.write_bytes(golden.record(IMAGES, Classifier(small).predict(IMAGES)))
    return path


def test_a_golden_file_holds_images_and_their_probabilities(small: Bundle, file: Path) -> None:
    arrays = safetensors.numpy.load_file(file)
    assert np.array_equal(arrays["rows"], IMAGES)
    assert np.array_equal(arrays["probabilities"], Classifier(small).predict(IMAGES).probabilities)


def test_the_same_samples_have_the_same_bytes(small: Bundle, file: Path) -> None:
    assert golden.record(IMAGES, Classifier(small).predict(IMAGES)) == file.read_bytes()


def test_the_classifier_that_made_it_passes(small: Bundle, file: Path) -> None:
    golden.check(Classifier(small), file)  # does not raise


def changed(tmp_path: Path, amount: float, temperature: float = 1.5) -> Classifier:
    """Return the classifier of the small bundle with one output bias moved by this much."""
    network = recipe.network()
    network.state_dict()["layers.2.bias"][3] += amount
    metadata = Metadata("recipe", recipe.ARCHITECTURE, seed=1998, temperature=temperature, threshold=0.5)
    return Classifier(bundle.save(network.arrays(), metadata, SPEC, tmp_path / "changed"))


def test_the_noise_of_another_processor_passes(file: Path, tmp_path: Path) -> None:
    golden.check(changed(tmp_path, 1e-6), file)  # does not raise


@pytest.mark.parametrize("amount", [0.01, -1.0, float("nan"), float("inf")])
def test_another_weight_fails(file: Path, tmp_path: Path, amount: float) -> None:
    with pytest.raises(GoldenError, match="golden probabilities are missed by"):
        golden.check(changed(tmp_path, amount), file)


def test_another_temperature_fails(file: Path, tmp_path: Path) -> None:
    with pytest.raises(GoldenError, match="at most 1e-04 is allowed"):
        golden.check(changed(tmp_path, 0.0, temperature=1.6), file)


def test_another_preprocessing_fails(small: Bundle, tmp_path: Path) -> None:
    path = tmp_path / golden.FILE
    shifted = np.roll(IMAGES, 1, axis=2)
    probabilities = Classifier(small).predict(shifted).probabilities
    path.write_bytes(safetensors.numpy.save({"rows": IMAGES, "probabilities": probabilities}))
    with pytest.raises(GoldenError):
        golden.check(Classifier(small), path)


def test_it_holds_whatever_the_number_of_threads(small: Bundle, file: Path) -> None:
    threads = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            golden.check(Classifier(small), file)
    finally:
        torch.set_num_threads(threads)
