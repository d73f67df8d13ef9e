"""Loading of the model in an unpacked archive."""

from pathlib import Path

from inference import bundle, golden, runtimes
from inference.classifier import Classifier
from inference.spec import ModelSpec, Predictor


def load(directory: Path, spec: ModelSpec, device: str) -> Predictor:
    """Load a model and check its predictions for the golden samples.

    Raises GoldenError or ValueError if the model is not the packaged one. Raises ImportError or FileNotFoundError if
    a library or a file of its format is missing.
    """
    model = unproven(directory, spec, device)
    golden.check(model, directory / golden.FILE)
    return model


def unproven(directory: Path, spec: ModelSpec, device: str = "cpu") -> Predictor:
    """Load a model without the check of its golden samples. Raises the other errors of ``load``."""
    if spec.load is not None:
        return spec.load(directory)
    loaded = bundle.load(directory / bundle.WEIGHTS, spec)
    return Classifier(loaded, runtime=runtimes.load(directory, loaded, device))
