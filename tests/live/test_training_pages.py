"""All commands of the documents on training and data, run unchanged in a copy with a part of MNIST.

The commands take minutes with all of MNIST. scripts/test itself trains the served network on all of it.
"""

from pathlib import Path

import pytest
from PIL import Image

from examples.shapes import make as shapes
from tests.live import copies
from training.data.dataset import Dataset


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, mnist: Dataset) -> Path:
    """Return a copy of the repository with the first images of MNIST and the files that the documents expect."""
    root = tmp_path_factory.mktemp("pages") / "digits"
    copies.fill(root, (".venv",))
    copies.fewer(root, mnist)
    own_digits(root / "my-digits", mnist)
    shapes.write(root / "shapes", 60)
    return root


def own_digits(folder: Path, mnist: Dataset) -> None:
    """Write the own digits of docs/data.md: folders 0 to 9 of image files."""
    for digit in range(10):
        (folder / str(digit)).mkdir(parents=True)
        for index, image in enumerate(mnist.train.images[mnist.train.labels == digit][:20]):
            Image.fromarray(image).save(folder / str(digit) / f"{index}.png")


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", ["docs/data.md", "docs/training.md"])
def test_the_commands_of(copy: Path, name: str) -> None:
    commands = copies.blocks(copy / name)
    assert commands
    copies.run(copy, commands)
