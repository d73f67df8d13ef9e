"""The model of an unpacked archive."""

from pathlib import Path

from inference import bundle, golden, runtimes
from inference.classifier import Classifier
from inference.spec import ModelSpec, Predictor


def load(directory: Path, spec: ModelSpec, device: str) -> Predictor:
    """Load a model and prove it on the golden samples.

    Raises GoldenError or ValueError if it is not what was packaged, ImportError or FileNotFoundError if something of
    its format is missing.
    """
    model = unproven(directory, spec, device)
    golden.check(model, directory / golden.FILE)
    return model


def unproven(directory: Path, spec: ModelSpec, device: str = "cpu") -> Predictor:
    """Load a model that need not answer its golden samples. Raises as ``load`` does."""
    if spec.load is not None:
        return spec.load(directory)
    loaded = bundle.load(directory / bundle.WEIGHTS, spec)
    return Classifier(loaded, runtime=runtimes.load(directory, loaded, device))
