import pytest

from model.bundle import Bundle
from model.classifier import Classifier


@pytest.fixture(scope="session")
def small_classifier(small: Bundle) -> Classifier:
    return Classifier(small)
