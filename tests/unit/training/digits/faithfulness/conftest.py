"""Fixtures: drawn digits, explained for the digit that the small network predicts."""

from pathlib import Path

import pytest

from inference import bundle
from inference.bundle import Bundle
from inference.classifier import Classifier
from model import SPEC
from tests import recipe
from training.digits.faithfulness import subjects
from training.digits.faithfulness.subjects import Subjects


@pytest.fixture
def small(bundle_path: Path) -> Bundle:
    return bundle.load(bundle_path, SPEC)


@pytest.fixture
def classifier(small: Bundle) -> Classifier:
    return Classifier(small)


@pytest.fixture
def drawn(classifier: Classifier) -> Subjects:
    return subjects.predicted(classifier, recipe.drawn(*range(10)))
