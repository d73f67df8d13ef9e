"""Networks from Python: exported, compared with PyTorch, and never unpickled."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from inference.declared import specification
from inference.inputs.named import joined
from serving.declared import folder, resolution
from serving.declared.errors import DeclarationError
from serving.declared.resolution import Resolved

NETWORK = """
import warnings
from typing import NamedTuple
import torch
from torch import nn

def make():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3))

class Two(nn.Module):
    def forward(self, pair):
        return pair.sum(1), pair * 2

class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.level = nn.Linear(3, 2)

    def forward(self, signal, state):
        return self.level(signal).sum(1), state + signal.mean(1)

class Trap(nn.Module):
    def forward(self, row):
        return row if row[0, 0] > 0 else -row

class Fixed(nn.Module):
    def forward(self, row):
        return row - row.reshape(-1, 12).mean(1).sum()

class Noisy(nn.Module):
    def forward(self, row):
        return nn.functional.dropout(row, 0.5)

class ByName(nn.Module):
    def forward(self, row):
        return {"twice": row * 2, "sum": row.sum(1)}

class Largest(NamedTuple):
    values: torch.Tensor
    indices: torch.Tensor

class Fields(nn.Module):
    def forward(self, row): return Largest(row.amax(1), row.argmax(1))

def attention():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Embedding(20, 8), nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)
    )

def double():
    return make().double()

def scripted():
    with warnings.catch_warnings(action="ignore"):  # TorchScript is deprecated
        return torch.jit.trace(make().eval(), torch.ones(2, 4))

def complex_numbers():
    class Complex(nn.Module):
        def forward(self, row):
            return torch.fft.fftn(row).abs()
    return Complex()

def fails():
    raise ValueError("no file")

def ends():
    raise SystemExit(0)

def lacks(): import gone.layers
number, ready = 3, make()
"""
COLUMNS = '[input]\ncolumns = ["a", "b", "c", "d"]\n'
LABELS = '[output]\nlabels = ["x", "y", "z"]\n'


def resolve(path: Path, function: str = "make", weights: str = "", rest: str = COLUMNS) -> Resolved:
    (path / "network.py").write_text(NETWORK)
    named = f'weights = "{weights}"\n' if weights else ""
    (path / "model.toml").write_text(f'name = "torch"\nnetwork = "network.py:{function}"\n{named}{rest}')
    return resolution.resolve(folder.read(path))


def trained() -> torch.nn.Module:
    torch.manual_seed(7)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(8, 3)).eval()


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt", "w.bin"])
def test_weights_are_loaded_and_the_export_answers_as_pytorch(tmp_path: Path, name: str) -> None:
    network = trained()
    if name.endswith("safetensors"):
        safetensors.torch.save_file(network.state_dict(), tmp_path / name)
    else:
        torch.save(network.state_dict(), tmp_path / name)
    resolved = resolve(tmp_path, weights=name, rest=COLUMNS + LABELS)
    assert resolved.figures.original is not None
    assert resolved.figures.original < 1e-5
    rows = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    expected = network(torch.from_numpy(rows)).detach().numpy()
    np.testing.assert_allclose(resolved.network.arrays(rows)["output"], expected, atol=1e-5)
    assert resolved.declaration.labels == ("x", "y", "z")
    assert list(resolved.declaration.notes["sources"]) == ["network.py", name]


def test_a_network_that_is_made_already(tmp_path: Path) -> None:
    assert resolve(tmp_path, "ready", rest=COLUMNS + LABELS).declaration.labels == ("x", "y", "z")


def test_the_tensors_of_a_network_are_named(tmp_path: Path) -> None:
    tensors = '[output]\nkind = "tensors"\nnames = {}'
    declaration = resolve(tmp_path, "Two", rest=COLUMNS + tensors.format('["sum", "half"]')).declaration
    assert ([output.name for output in declaration.outputs], declaration.names) == (["sum", "half"], ())
    with pytest.raises(DeclarationError, match="there are 1 names, but the network returns 2 tensors"):
        resolve(tmp_path, "Two", rest=COLUMNS + tensors.format('["sum"]'))


def test_outputs_by_name_keep_their_names(tmp_path: Path) -> None:
    resolved = resolve(tmp_path, "ByName")
    assert [(output.name, output.shape) for output in resolved.declaration.outputs] == [
        ("twice", (4,)),
        ("sum", ()),
    ]
    row = np.array([[1, 2, 3, 4]], np.float32)
    assert resolved.network.arrays(row)["sum"].tolist() == [10]
    fields = resolve(tmp_path, "Fields").declaration.outputs
    assert [(output.name, output.datatype) for output in fields] == [("values", "FP32"), ("indices", "INT64")]


def test_pytorchs_own_transformer_is_exported(tmp_path: Path) -> None:
    text = '[inputs.input]\nshape = [6]\ndatatype = "INT64"\n[output]\nkind = "tensors"'
    resolved = resolve(tmp_path, "attention", rest=text)
    assert resolved.figures.original is not None
    assert resolved.figures.original < 1e-5
    assert torch.backends.mha.get_fastpath_enabled()


def test_the_export_has_no_path_of_this_machine(tmp_path: Path) -> None:
    graph = resolve(tmp_path).graph
    assert str(tmp_path).encode() not in graph
    assert b"site-packages" not in graph


def test_several_outputs_and_an_input_from_a_sample(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    np.save(tmp_path / "samples" / "a.npy", np.array([1, 2], dtype=np.float32))
    stated = resolve(tmp_path, "Two", rest="").declaration
    assert (stated.input.name, stated.input.shape) == ("pair", (2,))
    assert [(output.name, output.shape) for output in stated.outputs] == [("output0", ()), ("output1", (2,))]


@pytest.mark.parametrize(("function", "datatype"), [("make", "FP32"), ("double", "FP64")])
def test_a_sample_that_numpy_makes_by_default(tmp_path: Path, function: str, datatype: str) -> None:
    (tmp_path / "samples").mkdir()
    np.save(tmp_path / "samples" / "a.npy", np.array([1.0, 2, 3, 4]))
    assert resolve(tmp_path, function, rest="").declaration.input.datatype == datatype


NAMED = """[inputs.state]
shape = [2, 3]
axis = 1
[inputs.signal]
shape = [-1, 3]
[output]
kind = "tensors"
names = ["level", "next"]
"""


def test_two_inputs_and_two_outputs_answer_as_pytorch(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "model.toml").write_text('network = "network.py:Cell"\nweights = "w.safetensors"\n' + NAMED)
    linear = torch.nn.Linear(3, 2)
    tensors = {f"level.{name}": value for name, value in linear.state_dict().items()}
    safetensors.torch.save_file(tensors, tmp_path / "w.safetensors")
    resolved = resolution.resolve(folder.read(tmp_path))
    spec = specification.of(resolved.declaration)
    assert [(tensor.name, tensor.shape, tensor.axis) for tensor in spec.inputs] == [
        ("signal", (-1, 3), 0),
        ("state", (2, 3), 1),
    ]
    random = np.random.default_rng(5)
    for count in (1, 2, 7, 64):
        signal = random.normal(size=(count, 5, 3)).astype(np.float32)
        state = random.normal(size=(count, 2, 3)).astype(np.float32)
        answered = resolved.network.arrays(joined(spec.inputs, {"signal": signal, "state": state}, count))
        level = linear(torch.from_numpy(signal)).sum(1).detach().numpy()
        np.testing.assert_allclose(answered["level"], level, atol=1e-5)
        np.testing.assert_allclose([*answered["next"]], state + signal.mean(1)[:, None], atol=1e-5)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("[inputs.signal]\n[inputs.state]\nshape = [2, 3]", "[inputs.signal]: shape is missing"),
        (
            "[inputs.sign]\nshape = [3]\n[inputs.state]\nshape = [3]",
            "[inputs] has sign, state, and the network's forward",
        ),
        (
            NAMED.replace("next", "state"),
            "an output has the name of the input 'state', which ONNX does not allow: state",
        ),
    ],
)
def test_inputs_that_are_not_those_of_the_network(tmp_path: Path, rest: str, message: str) -> None:
    with pytest.raises(DeclarationError) as error:
        resolve(tmp_path, "Cell", rest=rest)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("function", "rest", "message"),
    [
        ("gone", COLUMNS, "network.py has no 'gone': name make or Two or Cell or "),
        ("number", COLUMNS, "network.py:number must be a function or class without arguments"),
        ("fails", COLUMNS, "network.py:fails fails: ValueError: no file"),
        ("ends", COLUMNS, "network.py:ends fails: SystemExit: 0"),
        ("lacks", COLUMNS, "No module named 'gone': install its package with .venv/bin/python -m pip install gone"),
        ("Noisy", COLUMNS, "has other outputs when it is run again"),
        ("make", "", "the input of a network from Python is unknown"),
        ("make", '[input]\ncolumns = ["a"]', "the network fails on 3 examples, float32 [3, 1]"),
        (
            "double",
            COLUMNS,
            "; its weights are torch.float64: state the inputs' datatype, or let it give network.float()",
        ),
        ("scripted", COLUMNS, "that returns a torch.nn.Module, not one of TorchScript"),
        ("Trap", COLUMNS, "the exported graph differs from PyTorch by"),
    ],
)
def test_a_network_that_cannot_be_served(tmp_path: Path, function: str, rest: str, message: str) -> None:
    with pytest.raises(DeclarationError) as error:
        resolve(tmp_path, function, rest=rest)
    assert message in str(error.value)


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    safetensors.torch.save_file({"0.weight": torch.zeros(8, 4)}, tmp_path / "w.safetensors")
    with pytest.raises(DeclarationError, match=r"w\.safetensors does not fit the network: .*Missing key"):
        resolve(tmp_path, weights="w.safetensors")


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ({"epoch": 3, "state_dict": {"0.weight": torch.zeros(8, 4)}}, "its entry 'state_dict' may be the state_dict"),
        ({"module.0.weight": torch.zeros(8, 4)}, "save network.module.state_dict()"),
        ([torch.zeros(1)], "w.pt does not fit the network"),
    ],
    ids=["checkpoint", "parallel", "list"],
)
def test_weights_of_a_checkpoint(tmp_path: Path, saved: object, message: str) -> None:
    torch.save(saved, tmp_path / "w.pt")
    with pytest.raises(DeclarationError) as error:
        resolve(tmp_path, weights="w.pt")
    assert message in str(error.value)


def test_a_failed_export_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DeclarationError, match="the network cannot be exported to ONNX: UnsupportedOperatorError"):
        resolve(tmp_path, "complex_numbers")
    assert capfd.readouterr() == ("", "")


class Spy:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value]


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_pickle_is_never_run(tmp_path: Path, as_zip: bool) -> None:
    if as_zip:
        torch.save({"0.weight": Spy(tmp_path / "ran")}, tmp_path / "w.pt")
    else:
        (tmp_path / "w.pt").write_bytes(pickle.dumps(Spy(tmp_path / "ran")))
    with pytest.raises(DeclarationError, match=r"w\.pt is not a state_dict that can be loaded with weights_only=True"):
        resolve(tmp_path, weights="w.pt")
    assert not (tmp_path / "ran").exists()
