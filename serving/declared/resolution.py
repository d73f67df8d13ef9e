"""From a folder to a checked package: the declaration resolved, and its figures."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from inference.declared import explanations, reference, specification
from inference.declared.declaration import TENSORS, Declaration, Tensor
from inference.declared.network import Network
from inference.inputs import feed
from inference.protocols.files import FileReader
from inference.results import Arrays
from inference.spec import Rows
from serving.declared import checks, expectations, graph, inputs, outputs, torch_network
from serving.declared.checks import Figures
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared
from serving.declared.graph import FREE, Graph, Value
from serving.declared.inputs import Given
from serving.declared.package import DeclaredPackage
from serving.declared.samples import Samples
from serving.declared.samples import read as read_samples

GOLDEN = 32  # samples that a worker proves itself on


@dataclass(frozen=True)
class Resolved:
    """A package that passed its checks, but for those of the sealed archive."""

    package: DeclaredPackage
    network: Network
    samples: Samples
    figures: Figures


@dataclass(frozen=True)
class _Candidate:
    """A model to be checked. ``run`` is the original of a network that was exported."""

    declared: Declared
    graph: Graph
    run: torch_network.Run | None
    declaration: Declaration
    network: Network
    samples: Samples


def resolve(declared: Declared) -> Resolved:
    """Resolve a folder and check it. Raises DeclarationError for the first thing that is wrong."""
    try:
        return _resolve(declared)
    except ModuleNotFoundError as error:
        lock = "train" if error.name == "torch" else "onnx"
        raise DeclarationError(
            f"packaging needs the package {error.name}: .venv/bin/python -m pip install --require-hashes -r "
            f"requirements/{lock}.txt"
        ) from error


def _resolve(declared: Declared) -> Resolved:
    made, run = _graph(declared)
    given = inputs.resolve(declared, made)
    draft = _draft(declared, given, made)
    samples = read_samples(declared.samples, draft)
    results = _results(draft, made, samples)
    answered = outputs.resolve(declared, made, results)
    declaration = Declaration(
        name=declared.name,
        input=given.tensor,
        outputs=answered.tensors,
        kind=answered.kind,
        labels=declared.labels,
        names=() if answered.kind == TENSORS else declared.names,
        columns=declared.columns,
        image=given.image,
        temperature=declared.temperature,
        threshold=declared.threshold,
        batched=given.batched,
    )
    network = Network(declaration, made.content)
    figures = Figures(len(samples.names), len(samples.rows) - len(samples.names), warnings=[*answered.warnings])
    if not given.batched and declared.batching:
        figures.warnings.append("the graph takes one example at a time: it is served without batching")
    _check(_Candidate(declared, made, run, declaration, network, samples), figures)
    noted = Declaration(**{**vars(declaration), "notes": _notes(declared, figures)})
    golden = samples.rows[:GOLDEN]
    recorded = reference.record(golden, network.predict(golden))
    package = DeclaredPackage(noted, made.content, recorded, _baseline(declaration, samples))
    return Resolved(package, network, samples, figures)


def _baseline(declaration: Declaration, samples: Samples) -> bytes:
    """The baseline of explanations: the mean of the folder's samples, or of generated ones if there are none."""
    rows = samples.rows[: len(samples.names) or None]
    return explanations.content(explanations.baseline(specification.of(declaration).input, rows))


def _check(candidate: _Candidate, figures: Figures) -> None:
    declaration, network, samples = candidate.declaration, candidate.network, candidate.samples
    checks.check_finite(network, samples)
    if declaration.batched:
        figures.batch = checks.batch_distance(network, samples)
    if candidate.run is not None:
        original = _original(candidate.run, declaration, candidate.graph)
        figures.original = checks.original_distance(original, network, samples, checks.sizes(declaration.batched))
    figures.expected = expectations.check(declaration, network, samples, partial(_variant, candidate))


def _graph(declared: Declared) -> tuple[Graph, torch_network.Run | None]:
    """The graph, and what runs the network that it was exported from."""
    if not declared.function:
        return graph.read(declared.network), None
    network = torch_network.make(declared)
    shape, dtype = _example(declared)
    names = declared.names if declared.kind == TENSORS else ()
    content = torch_network.export(network, torch_network.example(shape, dtype), names)
    return graph.parse(content, declared.network.name), torch_network.runner(network)


def _example(declared: Declared) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """The shape and dtype of one example of a network from Python, which does not tell them."""
    floats = np.dtype("f4")
    if declared.columns:
        return (len(declared.columns),), floats
    if image := declared.image:
        size = image.crop_size or image.size
        if size is None:
            raise DeclarationError(f"{FILE} [input]: image has no size, which a network from Python does not tell")
        return (image.channels, *size), floats
    for path in sorted(declared.samples.glob("*.npy")):
        array = np.load(path, allow_pickle=False)
        return array.shape, array.dtype
    raise DeclarationError(
        f"{FILE}: a network from Python does not tell its input: state columns or an image's size, or add a file "
        "samples/NAME.npy that holds one example without a batch dimension"
    )


def _draft(declared: Declared, given: Given, made: Graph) -> Declaration:
    """A declaration that gives every output, to read samples and to look at results."""
    usable = tuple(_free(value) for value in made.outputs if not value.refusal)
    if not usable:
        refusals = "; ".join(f"{value.tensor.name!r} {value.refusal}" for value in made.outputs)
        raise DeclarationError(f"the network's output {refusals}")
    return Declaration(
        declared.name, given.tensor, usable, TENSORS, columns=declared.columns, image=given.image, batched=given.batched
    )


def _free(value: Value) -> Tensor:
    return Tensor(value.tensor.name, value.tensor.datatype, (FREE,))


def _results(draft: Declaration, made: Graph, samples: Samples) -> Arrays:
    """Every output for all samples."""
    try:
        return Network(draft, made.content).arrays(samples.rows)
    except Exception as error:  # ONNX Runtime's own classes, none of which it exports
        text = " ".join(str(error).split())
        raise DeclarationError(f"the network fails on its samples: {text:.300}") from error


def _original(run: torch_network.Run, declaration: Declaration, made: Graph) -> Callable[[Rows], Arrays]:
    """PyTorch's outputs for rows, by the graph's names, those that are served."""
    fed = feed.of(declaration)
    names = [value.tensor.name for value in made.outputs]
    served = {output.name for output in declaration.outputs}

    def outputs_of(rows: Rows) -> Arrays:
        named = zip(names, run(fed(rows)), strict=True)
        return {name: array for name, array in named if name in served}

    return outputs_of


def _variant(candidate: _Candidate, declaration: Declaration, index: int, backwards: bool) -> Arrays:
    """The outputs of a sample's file by another declaration, or with its channels reversed."""
    samples = candidate.samples
    path = candidate.declared.samples / samples.names[index]
    read_file = specification.of(declaration).preprocessing.read_file
    network = Network(declaration, candidate.graph.content)
    row = samples.rows[index : index + 1]
    if read_file and path.suffix not in (".npy", ".json"):
        row = FileReader(read_file).decode(path.read_bytes()).rows
    row = np.ascontiguousarray(row[..., ::-1]) if backwards else row
    return expectations.by_key(network.predict(row), network.arrays(row))


def _notes(declared: Declared, figures: Figures) -> dict[str, object]:
    """Facts for the model's card: the sha256 of the files that it was made of, and the figures of the checks."""
    sources = [path for path in (declared.network, declared.weights) if path]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
    figured = {name: value for name, value in asdict(figures).items() if name not in ("archive", "warnings")}
    rounded = {name: float(f"{value:.1e}") if isinstance(value, float) else value for name, value in figured.items()}
    return {"sources": hashes, "checks": rounded}
