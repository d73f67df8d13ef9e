"""Fixtures: a few pictures of each kind, for all tests of this folder."""

from collections.abc import Mapping

import pytest

from tests.unit.training.digits.challenges.kinds import FEW, MAKERS
from training.digits.challenges import Challenge


@pytest.fixture(scope="session")
def few() -> Mapping[str, Challenge]:
    return {name: make(FEW, seed=5) for name, make in MAKERS.items()}
