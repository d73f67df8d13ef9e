"""The image by itself, as scripts/image builds, checks and describes it."""

import re

from .conftest import Image


def test_it_is_built_small_and_serves(image: Image) -> None:
    assert "added to the base image" in image.printed
    (size,) = re.findall(r"^\| added to the base image \| \d+ MB \| (.+) \|$", image.printed, re.MULTILINE)
    assert size == "at most 320 MB: met"
