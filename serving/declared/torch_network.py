"""Network from Python: made by a function in the folder, and exported to ONNX. An ONNX file needs no PyTorch."""

import inspect
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from torch import jit, nn
from torch.backends import mha

from inference.inputs.named import FREE, Tensor
from serving.archives.package import import_file
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared

_COUNT = 3  # number of examples for the export: with one the batch would get a fixed size
_SIDE = 16  # length of free sides in examples
_OPSET = 17
_MODULE = "_declared_network"
_STDOUT = 1  # descriptor of standard output


def make(declared: Declared) -> nn.Module:
    """Call the folder's function and load the weights; return the network.

    Raises DeclarationError if the function makes no network, or the weights do not fit it.
    """
    place = f"{declared.network.name}:{declared.function}"
    with _importable(declared.folder):
        try:
            function = _function(import_file(_MODULE, declared.network), declared)
            network = function() if callable(function) and not isinstance(function, nn.Module) else function
        except DeclarationError:
            raise
        except (Exception, SystemExit) as error:  # SystemExit would end packaging, too
            text = f"{place} fails: {type(error).__name__}: {error}{_of_import(error)}"
            raise DeclarationError(text) from error
    if not isinstance(network, nn.Module) or isinstance(network, jit.ScriptModule):
        raise DeclarationError(
            f"{place} must be a function or class without arguments that returns a torch.nn.Module"
            + (", not one of TorchScript" if isinstance(network, nn.Module) else "")
        )
    if declared.weights:
        _load(network, declared.weights)
    return network.eval().requires_grad_(requires_grad=False)


def is_double(network: nn.Module) -> bool:
    """Return whether the network has weights of float64."""
    return any(str(weight.dtype) == "torch.float64" for weight in network.parameters())


def runner(network: nn.Module) -> Callable[..., list[npt.NDArray[Any]]]:
    """Return a function that computes the network's outputs with PyTorch."""

    def run(*inputs: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        with torch.inference_mode():
            outputs = _outputs(network(*(torch.from_numpy(array.copy()) for array in inputs)))
            return [output.numpy() for output in outputs.values()]

    return run


def export(network: nn.Module, inputs: Mapping[str, Tensor], names: Sequence[str] = ()) -> bytes:
    """Return the network as an ONNX file with a free batch.

    inputs  by parameter of ``forward``; an empty name means the only parameter
    names   names of the outputs; empty for output, or output0, output1, ...

    Raises DeclarationError if the network cannot be run or exported.
    """
    tensors = _ordered(network, inputs)
    examples = tuple(torch.from_numpy(_example(tensor)) for tensor in tensors.values())
    try:
        with torch.inference_mode():
            own = list(_outputs(network(*examples)))
    except Exception as error:
        shapes = ", ".join(
            f"{tensor.dtype} {list(example.shape)}" for tensor, example in zip(tensors.values(), examples, strict=True)
        )
        text = " ".join(str(error).split())
        raise DeclarationError(
            f"the network fails on {_COUNT} examples, {shapes}: {text:.300}{_of_another_type(network)}"
        ) from error
    outputs = list(names) or own
    if len(outputs) != len(own):
        raise DeclarationError(f"there are {len(names)} names, but the network returns {len(own)} tensors")
    if common := [name for name in outputs if name in tensors]:
        raise DeclarationError(
            f"an output has the name of the input {common[0]!r}, which ONNX does not allow: state other names, with "
            f"kind = 'tensors' and names under [output] in {FILE}"
        )
    try:
        content = _exported(network, tensors, examples, outputs)
    except Exception as error:
        text = str(error).strip().partition("\n")[0]
        raise DeclarationError(f"the network cannot be exported to ONNX: {type(error).__name__}: {text}") from error
    return _without_places(content)


def _of_another_type(network: nn.Module) -> str:
    """Return advice on weights that are not float32, or an empty text."""
    types = {str(weight.dtype) for weight in network.parameters() if weight.is_floating_point()} - {"torch.float32"}
    if not types:
        return ""
    return f"; its weights are {min(types)}: state the inputs' datatype, or let it give network.float()"


def _ordered(network: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the inputs in the order of the parameters of ``forward``."""
    parameters = list(inspect.signature(network.forward).parameters)
    if "" in inputs:
        return {next(iter(parameters), "input"): inputs[""]}
    if set(parameters[: len(inputs)]) != set(inputs):
        raise DeclarationError(
            f"{FILE} [inputs] has {', '.join(inputs)}, and the network's forward takes {', '.join(parameters)}"
        )
    return {name: inputs[name] for name in parameters[: len(inputs)]}


def _exported(
    network: nn.Module, tensors: Mapping[str, Tensor], examples: tuple[torch.Tensor, ...], outputs: list[str]
) -> bytes:
    axes = {name: _free_axes(name, tensor) for name, tensor in tensors.items()} | {name: {0: "n"} for name in outputs}
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "network.onnx"
        # Parity checks find what the trace misses. The exporter prints the graph if it fails.
        with warnings.catch_warnings(action="ignore"), _silent(), torch.no_grad(), _plain_attention():
            torch.onnx.export(
                network, examples, path, dynamo=False, opset_version=_OPSET, input_names=list(tensors),
                output_names=outputs, dynamic_axes=axes,
            )  # fmt: skip
        return path.read_bytes()


@contextmanager
def _silent() -> Iterator[None]:
    """Discard the output of Python and C++ to standard output while the block runs."""
    before = os.dup(_STDOUT)
    try:
        with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing):
            os.dup2(nothing.fileno(), _STDOUT)
            yield
    finally:
        os.dup2(before, _STDOUT)
        os.close(before)


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Disable fused operators of transformers while the block runs, because ONNX has none of them."""
    before = mha.get_fastpath_enabled()
    mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        mha.set_fastpath_enabled(before)


def _free_axes(name: str, tensor: Tensor) -> dict[int, str]:
    sides = enumerate(tensor.layout())
    return {axis: "n" if axis == tensor.axis else f"{name}{axis}" for axis, side in sides if side == FREE}


def _without_places(content: bytes) -> bytes:
    """Remove source lines from nodes, because they contain paths of this machine."""
    import onnx  # noqa: PLC0415 - so that a missing PyTorch is reported first

    model = onnx.load_model_from_string(content)
    for node in model.graph.node:
        node.doc_string = ""
    text: bytes = model.SerializeToString(deterministic=True)
    return text


def _outputs(result: Any) -> dict[str, Any]:
    """Return the tensors of a result by name. Raises TypeError for anything else."""
    outputs = result if isinstance(result, Mapping) else {"output": result}
    if isinstance(result, tuple | list):
        names = ["output"] if len(result) == 1 else [f"output{index}" for index in range(len(result))]
        outputs = dict(zip(getattr(result, "_fields", names), result, strict=True))  # a namedtuple has names
    for output in outputs.values():
        if not isinstance(output, torch.Tensor):
            raise TypeError(f"it must return a tensor, or a tuple or dict of tensors, not {type(output).__name__}")
    return {str(name): output for name, output in outputs.items()}


def _load(network: nn.Module, path: Path) -> None:
    state = _state(path)
    if isinstance(state, Mapping):  # a checkpoint has the state_dict in an entry
        for key, entry in state.items():
            if isinstance(entry, Mapping) and any(isinstance(value, torch.Tensor) for value in entry.values()):
                raise DeclarationError(
                    f"{path.name} is a checkpoint, and its entry {key!r:.60} may be the state_dict: save that alone"
                )
    try:
        network.load_state_dict(state)
    except Exception as error:
        text = " ".join(str(error).split())
        wrapped = any(str(key).startswith("module.") for key in state) if isinstance(state, Mapping) else False
        advice = "; DataParallel puts 'module.' before names: save network.module.state_dict()" if wrapped else ""
        raise DeclarationError(f"{path.name} does not fit the network: {text:.400}{advice}") from error


def _state(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # UnpicklingError, or another class for a damaged zip file
        raise DeclarationError(
            f"{path.name} is not a state_dict that can be loaded with weights_only=True, which refuses pickled code: "
            "save network.state_dict(), or safetensors"
        ) from error


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the folder's files import one another while the block runs."""
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(folder.resolve()))


def _of_import(error: BaseException) -> str:
    """Return advice on a missing module, or an empty text."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f": install its package with .venv/bin/python -m pip install {error.name.partition('.')[0]}"
    relative = isinstance(error, ImportError) and "relative import" in str(error)
    return ": import the folder's files without the dot" if relative else ""


def _function(module: Any, declared: Declared) -> Any:
    """Return the object in the module that the folder names. Raises DeclarationError if it is missing."""
    if hasattr(module, declared.function):
        return getattr(module, declared.function)
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == _MODULE]
    raise DeclarationError(
        f"{declared.network.name} has no {declared.function!r}"
        + (f": name {' or '.join(own)} as network in {FILE}" if own else "")
    )


def _example(tensor: Tensor) -> npt.NDArray[Any]:
    random = np.random.default_rng(0)
    sides = [side if side != FREE else _SIDE for side in tensor.layout(_COUNT)]
    if tensor.dtype.kind == "f":
        return random.normal(size=sides).astype(tensor.dtype)
    return random.integers(0, 2, sides).astype(tensor.dtype)
