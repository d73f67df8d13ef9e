import numpy as np
import pytest

from training.data.dataset import Dataset, Examples
from training.selection import training_images
from training.selection.training_images import TrainingImages


def test_the_whole_is_both_parts_in_order(material: TrainingImages) -> None:
    whole = material.whole
    assert (len(material.train), len(material.validation), len(whole)) == (550, 50, 600)
    assert np.array_equal(whole.images[550:], material.validation.images)
    assert np.array_equal(whole.labels[:550], material.train.labels)


def other_pixel(examples: Examples) -> Examples:
    images = examples.images.copy()
    images[3, 14, 14] ^= 1
    return Examples(images, examples.labels)


def other_label(examples: Examples) -> Examples:
    labels = examples.labels.copy()
    labels[3] ^= 1
    return Examples(examples.images, labels)


def test_the_checksum_knows_every_pixel_label_and_the_cut(material: TrainingImages) -> None:
    train, validation, whole = material.train, material.validation, material.whole
    last = np.arange(len(whole))
    others = [
        TrainingImages(other_pixel(train), validation),
        TrainingImages(train, other_label(validation)),
        TrainingImages(whole[last[:549]], whole[last[549:]]),
    ]
    assert TrainingImages(train, validation).checksum == material.checksum
    assert len({images.checksum for images in (material, *others)}) == 4


@pytest.mark.parametrize("count", [300, 7000])
def test_quick_is_600_images_at_most(mnist: Dataset, count: int) -> None:
    places = np.arange(count)
    some = training_images.quick(TrainingImages(mnist.train[places[100:]], mnist.train[places[:100]]))
    assert len(some.whole) == pytest.approx(min(count, 600), abs=1)
    assert set(some.train.labels) == set(range(10))
