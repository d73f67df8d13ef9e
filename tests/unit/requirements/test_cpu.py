"""Locks for machines without a GPU: the usual locks without PyTorch and CUDA."""

import re

import pytest

from serving.paths import ROOT

FOLDER = ROOT / "requirements"
CUDA = re.compile(r"(torch|torchvision|triton|nvidia-[a-z0-9-]+|cuda-[a-z]+)==")
NAMES = ("explain", "train", "dev")


def packages(name: str) -> dict[str, str]:
    """Return the entry of each package of a lock, with its hashes, by the pin of the package."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", (FOLDER / f"{name}.txt").read_text().strip())
    return {entry.split()[0]: entry for entry in entries}


@pytest.mark.parametrize("name", NAMES)
def test_only_pytorch_and_cuda_are_left_out(name: str) -> None:
    usual, cpu = packages(name), packages(f"{name}-cpu")
    left_out = usual.keys() - cpu.keys()
    assert {pin for pin in usual if CUDA.match(pin)} == left_out
    assert any(pin.startswith("nvidia-") for pin in left_out)
    assert {pin: usual[pin] for pin in cpu} == cpu


@pytest.mark.parametrize("name", NAMES)
def test_each_package_has_hashes(name: str) -> None:
    assert [pin for pin, entry in packages(f"{name}-cpu").items() if "--hash=sha256:" not in entry] == []


def test_pytorch_has_the_versions_of_the_usual_lock() -> None:
    pins = (FOLDER / "torch-cpu.txt").read_text().split()
    assert sorted(pins) == sorted(pin for pin in packages("train") if re.match(r"(torch|torchvision)==", pin))
