"""Bundles on disk: a loaded bundle equals the saved one, and other files are refused."""

import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from inference import bundle
from inference.bundle import Metadata
from model import SPEC
from model.network import MLP
from tests import recipe

METADATA = Metadata(
    preset="recipe",
    architecture=recipe.ARCHITECTURE,
    seed=3,
    temperature=1.25,
    threshold=0.9,
    data={"images": "abc"},
    metrics={"test_accuracy": 0.97, "test_images": 10_000},
    versions={"torch": "2"},
)


def test_weights_and_metadata_come_back_exactly(tmp_path: Path) -> None:
    network = recipe.network()
    saved = bundle.save(network.arrays(), METADATA, SPEC, tmp_path / "bundle")
    loaded = bundle.load(tmp_path / "bundle", SPEC)
    assert loaded.metadata == saved.metadata == METADATA
    assert loaded.sha256 == saved.sha256
    assert all(torch.equal(tensor, network.state_dict()[name]) for name, tensor in loaded.network.state_dict().items())


def test_labels_and_name_of_its_own_come_back(tmp_path: Path) -> None:
    network = MLP((784, 8, 3))
    labels = ("круг", "square", "三角")
    own = Metadata("recipe", network.architecture, seed=3, labels=labels, name="forms")
    bundle.save(network.arrays(), own, SPEC, tmp_path / "bundle")
    loaded = bundle.load(tmp_path / "bundle", SPEC)
    assert loaded.metadata == own
    assert (loaded.labels, loaded.spec.output.key) == (labels, "label")


def test_a_bundle_without_labels_and_name_has_neither_in_its_file(tmp_path: Path) -> None:
    assert {"labels", "name"}.isdisjoint(METADATA.as_dict())
    saved = bundle.save(recipe.network().arrays(), METADATA, SPEC, tmp_path / "bundle")
    assert saved.labels == tuple("0123456789")


def test_it_is_ready_for_inference(tmp_path: Path) -> None:
    loaded = bundle.save(recipe.network().train().arrays(), METADATA, SPEC, tmp_path / "bundle")
    assert not loaded.network.training
    assert not any(parameter.requires_grad for parameter in loaded.network.parameters())


def test_the_same_bundle_has_the_same_bytes(tmp_path: Path) -> None:
    reordered = Metadata.of(METADATA.as_dict() | {"metrics": {"test_images": 10_000, "test_accuracy": 0.97}})
    for name, metadata in (("one", METADATA), ("two", METADATA), ("three", reordered)):
        bundle.save(recipe.network().arrays(), metadata, SPEC, tmp_path / name)
    one, two, three = ((tmp_path / name).read_bytes() for name in ("one", "two", "three"))
    assert one == two == three


def test_other_metadata_is_another_bundle(tmp_path: Path) -> None:
    one = bundle.save(recipe.network().arrays(), METADATA, SPEC, tmp_path / "one")
    two = bundle.save(
        recipe.network().arrays(), Metadata("recipe", recipe.ARCHITECTURE, seed=4), SPEC, tmp_path / "two"
    )
    assert one.sha256 != two.sha256


@pytest.mark.parametrize(
    "network", [MLP(recipe.SIZES, batch_norm=True), MLP((784, 8, 8, 10), dropout=0.1)], ids=["batch norm", "dropout"]
)
def test_only_folded_networks_are_saved(tmp_path: Path, network: MLP) -> None:
    with pytest.raises(ValueError, match="needs"):
        bundle.save(network.arrays(), Metadata("recipe", network.architecture, seed=0), SPEC, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("sizes", [(784, 10), (784, 17, 10), (784, 16, 16, 10)])
def test_sizes_that_are_not_the_networks_are_named(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="the weights are") as refused:
        bundle.save(MLP(sizes).arrays(), METADATA, SPEC, tmp_path / "bundle")
    assert str(recipe.ARCHITECTURE) in str(refused.value)
    assert not (tmp_path / "bundle").exists()


def test_no_bundle_no_load(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bundle.load(tmp_path / "bundle", SPEC)


def damaged(kind: str, path: Path) -> bytes:
    whole = path.read_bytes()
    weights = safetensors.torch.load(whole)
    match kind:
        case "empty":
            return b""
        case "text":
            return b"not a bundle"
        case "truncated":
            return whole[: len(whole) // 2]
        case "header cut":
            return whole[:20]
        case "pickle":
            return pickle.dumps({"state_dict": {}})
        case "no metadata":
            return safetensors.torch.save(weights)
        case "metadata that is no JSON":
            return safetensors.torch.save(weights, {"digits": "{"})
        case "metadata of another kind":
            return safetensors.torch.save(weights, {"digits": "[]"})
        case "unknown field":
            return whole.replace(b'\\"preset\\"', b'\\"pretty\\"')
        case "a tensor less":
            del weights["layers.0.bias"]
            return safetensors.torch.save(weights, safetensors_metadata(path))
        case "a tensor more":
            return safetensors.torch.save(weights | {"extra": torch.zeros(1)}, safetensors_metadata(path))
        case "sizes that do not fit":
            return whole.replace(b"[784,16,10]", b"[784,15,10]")
    raise AssertionError(kind)


def safetensors_metadata(path: Path) -> dict[str, str]:
    with safetensors.safe_open(path, framework="pt") as file:
        return dict(file.metadata())


@pytest.mark.parametrize(
    "kind",
    [
        "empty",
        "text",
        "truncated",
        "header cut",
        "pickle",
        "no metadata",
        "metadata that is no JSON",
        "metadata of another kind",
        "unknown field",
        "a tensor less",
        "a tensor more",
        "sizes that do not fit",
    ],
)
def test_what_is_not_a_bundle_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bundle"
    bundle.save(recipe.network().arrays(), METADATA, SPEC, path)
    whole = path.read_bytes()
    path.write_bytes(damaged(kind, path))
    assert path.read_bytes() != whole
    with pytest.raises(ValueError, match="is not a digits bundle") as refused:
        bundle.load(path, SPEC)
    assert str(path) in str(refused.value)


class Trap:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("pickled", [pickle.dumps, "torch"])
def test_a_pickle_is_never_run(tmp_path: Path, pickled: object) -> None:
    path, sprung = tmp_path / "bundle", tmp_path / "sprung"
    if pickled == "torch":
        torch.save({"trap": Trap(sprung)}, path)
    else:
        path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ValueError, match="is not a digits bundle"):
        bundle.load(path, SPEC)
    assert not sprung.exists()
