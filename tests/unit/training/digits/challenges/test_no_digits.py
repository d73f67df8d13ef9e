"""Contents of each kind of picture without a digit."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.digits.challenges import Challenge, text
from training.digits.outliers.letters import LATIN, LOOK_ALIKES


def greys(challenge: Challenge) -> list[npt.NDArray[np.float64]]:
    return [np.asarray(Image.open(BytesIO(file)).convert("L"), dtype=np.float64) for file in challenge.files]


def test_blank_ones_have_one_shade_white_black_or_between(few: Mapping[str, Challenge]) -> None:
    pages = greys(few["blank"])
    assert all(np.ptp(page) <= 1 for page in pages)
    assert {0, 255} < {round(float(page.mean())) for page in pages}


def test_blank_paper_is_smooth_but_for_its_grain(few: Mapping[str, Challenge]) -> None:
    for page in greys(few["blank paper"]):
        assert np.abs(np.diff(page, axis=1)).mean() < 12


def test_noise_has_every_shade_alike(few: Mapping[str, Challenge]) -> None:
    raw_predictions = [page for page in greys(few["uniform noise"]) if page.shape == (28, 28)]
    shares = np.histogram(np.concatenate(raw_predictions), bins=8, range=(0, 256))[0] / sum(
        page.size for page in raw_predictions
    )
    assert np.abs(shares - 1 / 8).max() < 0.03


def test_inverted_noise_is_mostly_white(few: Mapping[str, Challenge]) -> None:
    assert np.mean([np.median(page) for page in greys(few["inverted noise"])]) > 200


def test_checkerboards_have_two_shades(few: Mapping[str, Challenge]) -> None:
    for page in greys(few["checkerboards"]):
        low, high = np.percentile(page, (10, 90))
        assert high - low > 25


def test_letters_that_pass_for_digits_are_a_kind_of_their_own() -> None:
    assert not set(LATIN) & set(LOOK_ALIKES)
    assert {"O", "l", "I"} <= set(LOOK_ALIKES)


def test_fonts_are_there_and_none_is_one_of_the_training() -> None:
    paths = [path for path in text.fonts() if path is not None]
    assert all(path.is_file() for path in paths)
    assert not any("DejaVu" in path.name for path in paths)


def test_words_and_numbers_are_wide(few: Mapping[str, Challenge]) -> None:
    for name in ("words", "numbers"):
        ratios = []
        for page in greys(few[name]):
            ink = np.abs(page - np.median(page))
            rows, columns = np.nonzero(ink > 0.6 * ink.max())
            ratios.append(np.ptp(columns) / np.ptp(rows))
        assert np.median(ratios) > 1.3, name
