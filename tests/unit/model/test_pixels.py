"""The preprocessing: MNIST stays as it is, and other images become like MNIST."""

import numpy as np
import pytest
from PIL import Image

from inference.treatment import Treatment
from model import image_file, pixels
from model.illumination import Grey
from tests import bombs, recipe
from tests.pictures import digit, saved
from training.data.dataset import Dataset

AS_SENT = Treatment("raw")


def test_all_of_mnist_passes_bit_for_bit(mnist: Dataset) -> None:
    images = np.concatenate([mnist.train.images, mnist.test.images])
    standard, treatments = pixels.standardise(images, [AS_SENT] * len(images))
    assert len(images) == 70_000
    assert np.array_equal(standard, images)
    assert set(treatments) == {AS_SENT}


def test_inverted_mnist_comes_back_as_nearly_the_same_picture(mnist: Dataset) -> None:
    images = mnist.test.images[:500]
    standard, treatments = pixels.standardise(255 - images, [AS_SENT] * len(images))
    assert all(treatment.steps[0] == "inverted" for treatment in treatments)
    correlations = [
        np.corrcoef(restored.ravel(), image.ravel())[0, 1] for restored, image in zip(standard, images, strict=True)
    ]
    assert np.median(correlations) > 0.99  # cropping faint strokes moves a few digits by a pixel
    assert np.mean(correlations) > 0.98


def test_only_the_images_that_need_it_are_treated() -> None:
    seven = recipe.drawn(7)
    standard, treatments = pixels.standardise(np.concatenate([seven, 255 - seven, seven]), [AS_SENT] * 3)
    assert np.array_equal(standard[[0, 2]], np.concatenate([seven, seven]))
    assert [bool(treatment.steps) for treatment in treatments] == [False, True, False]


def test_what_is_sent_is_never_written_to() -> None:
    sent = 255 - recipe.drawn(0, 1, 2)
    copy = sent.copy()
    pixels.standardise(sent, [AS_SENT] * 3)
    assert np.array_equal(sent, copy)


@pytest.mark.parametrize("ink", [0, 60, 200])
def test_dark_ink_on_paper_is_made_light_on_black(ink: int) -> None:
    page = np.full((90, 60), 230, dtype=np.float32)
    page[20:70, 25:35] = ink
    image, steps = pixels.normalise(page)
    assert steps == ("inverted", "cropped", "scaled to 4x20", "centred")
    assert image.max() == 255
    assert not image[[0, 1, 2, 3, -4, -3, -2, -1]].any()  # a 20x20 box, vertically centred


@pytest.mark.parametrize("left", [0, 40, 172])
@pytest.mark.parametrize("top", [0, 100])
def test_a_digits_place_on_the_page_does_not_matter(left: int, top: int) -> None:
    digit = recipe.drawn(3)[0].astype(np.float32)
    middle, corner = np.zeros((128, 200), dtype=np.float32), np.zeros((128, 200), dtype=np.float32)
    middle[50:78, 90:118] = corner[top : top + 28, left : left + 28] = digit
    assert np.array_equal(pixels.normalise(corner)[0], pixels.normalise(middle)[0])


@pytest.mark.parametrize("shape", [(28, 28), (300, 200), (40, 400)])
def test_the_centre_of_mass_is_placed_in_the_middle(shape: tuple[int, int]) -> None:
    page = np.zeros(shape, dtype=np.float32)
    page[5:20, 3:9] = 255.0
    page[14:20, 3:24] = 255.0  # an L, whose centre of mass is not the centre of its box
    image = pixels.normalise(page)[0].astype(np.float64)
    along = np.arange(28)
    row, column = image.sum(axis=1) @ along / image.sum(), image.sum(axis=0) @ along / image.sum()
    assert (row, column) == pytest.approx((14, 14), abs=0.51)


@pytest.mark.parametrize("value", [0, 7, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (5, 300)])
def test_a_picture_without_ink_is_black_and_called_blank(value: int, shape: tuple[int, int]) -> None:
    image, steps = pixels.normalise(np.full(shape, value, dtype=np.float32))
    assert not image.any()
    assert steps == ("blank",)


def test_faint_grain_on_paper_is_blank() -> None:
    grain = np.random.default_rng(0).uniform(240, 250, size=(120, 120)).astype(np.float32)
    assert pixels.normalise(grain)[1] == ("blank",)


def test_grain_inside_a_digit_is_gone() -> None:
    grain = np.random.default_rng(0).uniform(238, 250, size=(120, 120)).astype(np.float32)
    page = grain.copy()
    page[20:100, 20:100] = 20
    page[30:90, 30:90] = grain[30:90, 30:90]
    image, _ = pixels.normalise(page)
    assert image[5:23, 5].all()
    assert not image[8:20, 8:20].any()


def test_a_faint_smudge_does_not_move_the_digit() -> None:
    clean = np.full((200, 200), 250, dtype=np.float32)
    clean[60:140, 90:110] = 20
    smudged = clean.copy()
    smudged[5:15, 5:15] = 215  # 15 % of the darkness of the ink
    assert np.array_equal(pixels.normalise(smudged)[0], pixels.normalise(clean)[0])


@pytest.mark.parametrize("offset", [0, 5, 11])
def test_strokes_thinner_than_a_pixel_of_the_working_size_are_averaged_and_not_lost(offset: int) -> None:
    page = np.full((224 * 12, 224 * 12), 255, dtype=np.float32)
    page[400:2400, 1200 + offset : 1204 + offset] = 0
    image, steps = pixels.normalise(page)
    assert image.any()
    assert steps[0] == "inverted"


def grey(height: int, width: int) -> Grey:
    """Return a page with one dark spot."""
    page = np.full((height, width), 255, dtype=np.float32)
    page[height // 3 : max(height // 3 + 1, height // 2), width // 3 : max(width // 3 + 1, width // 2)] = 0
    return page


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (1, 4000), (4000, 1), (3, 4000), (2, 2), (4000, 3000)])
def test_any_shape_gives_one_image(shape: tuple[int, int]) -> None:
    image, steps = pixels.normalise(grey(*shape))
    assert (image.shape, image.dtype) == ((28, 28), np.dtype(np.uint8))
    assert steps
    assert image.any() == (steps != ("blank",))


@pytest.mark.parametrize("shape", [(1, 400), (400, 1), (40, 400), (400, 40)])
def test_the_aspect_of_the_ink_is_kept(shape: tuple[int, int]) -> None:
    page = np.pad(np.full(shape, 255, dtype=np.float32), 50)
    _, steps = pixels.normalise(page)
    height, width = (max(1, round(side * 20 / 400)) for side in shape)
    assert steps == ("cropped", f"scaled to {width}x{height}", "centred")


def test_a_treatment_is_told_as_json() -> None:
    treatment = Treatment("PNG", 300, 200, ("grey", "inverted"))
    assert treatment.json == b'{"format":"PNG","width":300,"height":200,"steps":["grey","inverted"]}'


@pytest.mark.parametrize("turns", range(4))
def test_ink_whose_centre_of_mass_is_at_its_edge_stays_inside_the_image(turns: int) -> None:
    """Centring by mass would move a thin stem on a heavy foot out of the image, so it moves only as far as it fits."""
    page = np.zeros((200, 200), dtype=np.float32)
    page[180:] = page[:, 95:105] = 255.0
    page = np.pad(page, 50)
    upright, _ = pixels.normalise(page)
    image, steps = pixels.normalise(np.rot90(page, turns).copy())
    assert steps == ("cropped", "scaled to 20x20", "centred")
    assert np.array_equal(image, np.rot90(upright, turns))
    rows = np.flatnonzero(upright.any(axis=1))
    assert (rows[0], rows[-1]) == (0, 19)


def square(**shades: float) -> Grey:
    """Return a square of 20x20 pixels, a size that is kept, on black. Some of its pixels have other shades."""
    page = np.zeros((60, 60), dtype=np.float32)
    page[20:40, 20:40] = shades.get("ink", 200.0)
    page[30, 30] = shades.get("inside", shades.get("ink", 200.0))
    page[30, 10:20] = shades.get("tail", 0.0)
    return page


@pytest.mark.parametrize(("contrast", "steps"), [(15.9, ("blank",)), (16.0, ("cropped", "scaled to 20x20", "centred"))])
def test_less_contrast_than_16_shades_is_blank(contrast: float, steps: tuple[str, ...]) -> None:
    assert pixels.normalise(square(ink=contrast))[1] == steps
    inverted = ("inverted", *steps) if steps != ("blank",) else steps
    assert pixels.normalise(200.0 - square(ink=contrast))[1] == inverted


@pytest.mark.parametrize(("shade", "remaining"), [(19.9, 0), (20.0, 26)])
def test_ink_under_a_tenth_of_the_brightest_is_noise(shade: float, remaining: int) -> None:
    image, _ = pixels.normalise(square(inside=shade))
    assert sorted(image[image > 0].tolist())[0] == (remaining or 255)
    assert (image > 0).sum() == 400 - (not remaining)


@pytest.mark.parametrize(("shade", "sizes"), [(49.9, ("20x20", "20x20")), (50.0, ("20x13", "13x20"))])
def test_a_stroke_of_a_quarter_of_the_brightest_belongs_to_the_digit(shade: float, sizes: tuple[str, str]) -> None:
    page = square(tail=shade)
    for turned, size in zip((page, page.T.copy()), sizes, strict=True):
        assert pixels.normalise(turned)[1] == ("cropped", f"scaled to {size}", "centred")


@pytest.mark.parametrize(("background", "inverted"), [(128.0, True), (127.0, False), (127.5, False)])
def test_ink_is_what_differs_more_from_the_background(background: float, inverted: bool) -> None:
    page = np.full((28, 28), background, dtype=np.float32)
    page[8:12, 8:12], page[16:20, 16:20] = 0.0, 255.0
    assert ("inverted" in pixels.normalise(page)[1]) == inverted


@pytest.mark.parametrize(
    ("page", "seconds"),
    [
        (np.zeros((28, 28)), 0.4e-3),
        (np.zeros((29, 28)), 1.2e-3),
        (np.zeros((28, 29)), 1.2e-3),
        (bombs.uneven(1)[0], 0.8e-3),
        (np.kron(bombs.uneven(1)[0], np.ones((2, 2))), 1.6e-3),
    ],
    ids=["even", "high", "wide", "uneven", "large and uneven"],
)
def test_normalising_is_charged_before_it_is_done(page: Grey, seconds: float) -> None:
    charged: list[float] = []
    pixels.normalise(page.astype(np.float32), charged.append)
    assert charged == [pytest.approx(seconds)]


def test_what_is_standardised_is_charged_once_and_told_after_what_is_known() -> None:
    images = np.concatenate([255 - recipe.drawn(1, 2), recipe.drawn(3), bombs.uneven(1)])
    charged: list[float] = []
    known = [Treatment("numbers", steps=("scaled from 0..1",))] * 4
    _, treatments = pixels.standardise(images, known, charged.append)
    assert charged == [pytest.approx(0.4e-3 * 2 + 0.8e-3)]
    assert [treatment.steps[:2] for treatment in treatments] == [
        ("scaled from 0..1", "inverted"),
        ("scaled from 0..1", "inverted"),
        ("scaled from 0..1",),
        ("scaled from 0..1", "light evened"),
    ]


def test_what_a_charge_refuses_is_not_normalised() -> None:
    def refuse(seconds: float) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        pixels.standardise(255 - recipe.drawn(1), [AS_SENT], refuse)
    assert pixels.standardise(recipe.drawn(1), [AS_SENT], refuse)[1] == [AS_SENT]


def test_larger_pictures_are_averaged_before_noise_is_told_from_ink() -> None:
    page = np.zeros((448, 448), dtype=np.float32)
    page[100:340, 100:340] = 255.0
    page[140:300, 140:300] = np.kron(np.ones((80, 80)), [[30.0, 0.0], [0.0, 30.0]])
    image, _ = pixels.normalise(page)
    assert image[4, 4:24].all()
    assert not image[10:18, 10:18].any()


@pytest.mark.parametrize("most", [1, 2, 9, 15])
@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("is_dark", [False, True])
def test_numbers_of_a_small_scale_are_scaled_up(most: int, scale: int, is_dark: bool) -> None:
    """Examples are images of 1 to 4 bits, and a mask that contains the class."""
    small = np.asarray(digit(7, scale)) // np.uint8(255 // most)
    small = np.minimum(small, np.uint8(most))
    image, treatment = image_file.read(saved(Image.fromarray(most - small if is_dark else small), "PNG"))
    name = "scaled from 0 and 1" if most == 1 else f"scaled from 0..{most}"
    assert treatment.steps[0] == name
    assert image.max() == 255


def test_a_dark_photo_without_a_digit_stays_blank() -> None:
    noise = np.random.default_rng(0).integers(0, 12, (60, 60)).astype(np.float32)
    assert pixels.normalise(noise)[1] == ("blank",)
