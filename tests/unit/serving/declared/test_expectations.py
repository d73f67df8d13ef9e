"""Variants of preprocessing that may explain a difference from the author's expected output."""

import pytest

from inference.declared.declaration import RESAMPLES, ImageInput
from serving.declared import expectations

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet


@pytest.mark.parametrize(("factor", "other"), [(1.0, 1 / 255), (1 / 255, 1.0), (0.5, 1.0)])
def test_each_variant_changes_what_it_names(factor: float, other: float) -> None:
    image = ImageInput(size=(8, 8), rescale_factor=factor, image_mean=(0.1, 0.2, 0.3), image_std=(2.0, 3.0, 4.0))
    variants = {text: variant for text, variant in expectations._variants(image) if "resample" not in text}
    changed = {
        text: (variant.rescale_factor, variant.image_mean, variant.image_std) for text, variant in variants.items()
    }
    assert changed == {
        f"rescale_factor = {other:g}": (other, image.image_mean, image.image_std),
        "no image_mean and image_std": (factor, (0.0,), (1.0,)),
        f"rescale_factor = {other:g} and no image_mean": (other, (0.0,), (1.0,)),
        "image_mean = 0.5 and image_std = 0.5": (factor, (0.5,), (0.5,)),
        "ImageNet's image_mean and image_std": (factor, MEAN, STD),
    }


def test_every_other_resampling_is_a_variant() -> None:
    image = ImageInput(size=(8, 8), resample="bilinear", color="L")
    variants = dict(expectations._variants(image))
    others = {variant.resample for text, variant in variants.items() if text.startswith("resample")}
    assert others == set(RESAMPLES) - {"bilinear"}
    assert not any("ImageNet" in text for text in variants), "an image of one channel has no mean of three"
