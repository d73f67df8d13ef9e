"""Routes of archives."""

from pathlib import Path

import numpy as np
import pytest

from serving.archives import samples
from serving.gateway.routes import Route
from serving.torchserve import registrations


@pytest.mark.parametrize(("shape", "size"), [((3, 48, 64), (64, 48)), ((3, 48, 64, 3), (64, 48)), ((3, 4), None)])
def test_images_have_a_width_and_a_height(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], size: tuple[int, int] | None
) -> None:
    rows = np.zeros(shape, np.float32)
    monkeypatch.setattr(samples, "read_golden", lambda _: samples.Golden(rows, {}))
    monkeypatch.setattr(registrations, "has_explanations", lambda _: False)
    assert Route.of("any", Path("any.mar")) == Route("any", rows[0].nbytes, size, "any")
