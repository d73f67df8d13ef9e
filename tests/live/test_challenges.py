"""Challenge pictures over HTTP: foreign digits are read, and other pictures are not accepted."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from training.digits.challenges import CHALLENGES, Challenge, drawn, scans

from .conftest import Client

MOST = 300  # pictures of each kind
FOREIGN: Mapping[str, tuple[Callable[[], Challenge], float]] = {
    "drawn digits": (partial(drawn, MOST), 0.97),
    "scanned digits": (scans, 0.90),
}
NO_DIGITS = ("uniform noise", "inverted noise", "blank", "checkerboards", "letters", "shapes")
EACH = 100
LEAST_NOT_ACCEPTED = 0.95


def ask(digits: Client, challenge: Challenge) -> list[dict[str, Any]]:
    def answer(file: bytes) -> dict[str, Any]:
        response = digits.predict(file, "image/png" if file.startswith(b"\x89PNG") else "image/jpeg")
        assert response.status_code == 200, response.text
        prediction: dict[str, Any] = response.json()
        return prediction

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(answer, challenge.files[:MOST]))


def share(answers: list[dict[str, Any]]) -> float:
    """Return the share of accepted answers."""
    return float(np.mean([answer["accepted"] for answer in answers]))


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_digits_are_read(name: str, digits: Client) -> None:
    make, least = FOREIGN[name]
    challenge = make()
    predicted = np.array([answer["digit"] for answer in ask(digits, challenge)])
    assert challenge.labels is not None
    assert (predicted == challenge.labels[:MOST]).mean() >= least


def test_what_is_no_digit_is_not_accepted(digits: Client) -> None:
    accepted = {name: share(ask(digits, CHALLENGES[name](EACH))) for name in NO_DIGITS}
    assert np.mean(list(accepted.values())) <= 1 - LEAST_NOT_ACCEPTED, accepted
