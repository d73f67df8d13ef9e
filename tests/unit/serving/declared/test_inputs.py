"""Dimensions of an input: the batch dimension, and the size of one example."""

import pytest

from inference.inputs.named import FREE, Tensor
from serving.declared import inputs
from serving.declared.errors import DeclarationError
from serving.declared.folder import Stated


def tensor(*shape: int) -> Tensor:
    return Tensor("x", "FP32", shape)


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((FREE, 4), 0), ((1, 4), 0), ((4, FREE), 1), ((4, 4, FREE), 2), ((4, 1), None), ((4,), None), ((), None)],
)
def test_the_batch_is_the_first_dimension_or_the_first_free_one(shape: tuple[int, ...], axis: int | None) -> None:
    assert inputs.batch_axis(tensor(*shape)) == axis


@pytest.mark.parametrize(
    ("shape", "axis", "batched", "sides"),
    [
        ((FREE, 4, 5), 0, True, (4, 5)),
        ((4, FREE, 5), 1, True, (4, 5)),
        ((1, 4), 0, False, (4,)),
        ((1, 4), 0, True, (1, 4)),  # another input has a free batch
        ((4, 5), None, True, (4, 5)),
    ],
)
def test_an_example_has_all_dimensions_but_the_batch(
    shape: tuple[int, ...], axis: int | None, batched: bool, sides: tuple[int, ...]
) -> None:
    example = inputs.example(tensor(*shape), axis, Stated(), batched=batched)
    assert (example.shape, example.axis) == (sides, axis if len(sides) < len(shape) else None)


def test_free_sides_take_what_is_stated_and_others_must_match() -> None:
    assert inputs.example(tensor(FREE, FREE, 3), 0, Stated((8, 3)), batched=True).shape == (8, 3)
    for wrong in ((8, 4), (8,), (8, 3, 1)):
        with pytest.raises(DeclarationError, match=r"shape is \[8.* an example, and the network's input"):
            inputs.example(tensor(FREE, FREE, 3), 0, Stated(wrong), batched=True)


def test_an_example_has_up_to_four_million_numbers_beside_its_free_sides() -> None:
    assert inputs.example(tensor(FREE, 2**11, 2**11), 0, Stated(), batched=True).shape == (2**11, 2**11)
    assert inputs.example(tensor(FREE, FREE, 1), 0, Stated(), batched=True).shape == (FREE, 1)
    for sides in ((2**22 + 1,), (2**32, 2**32), (0, 4)):
        with pytest.raises(DeclarationError, match="numbers; 1 to 4194304 are allowed"):
            inputs.example(tensor(FREE, *sides), 0, Stated(), batched=True)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_stated_batch_must_be_free_or_one(axis: int) -> None:
    assert inputs._axis(tensor(FREE, 4), Stated(axis=0)) == 0
    assert inputs._axis(tensor(4, 1), Stated(axis=1)) == 1
    with pytest.raises(DeclarationError, match=rf"axis is {axis}, and the network's input has the shape"):
        inputs._axis(tensor(FREE, 4), Stated(axis=axis))
