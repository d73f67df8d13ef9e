import pytest

from inference.bundle import Bundle
from inference.classifier import Classifier


@pytest.fixture(scope="session")
def small_classifier(small: Bundle) -> Classifier:
    return Classifier(small)
