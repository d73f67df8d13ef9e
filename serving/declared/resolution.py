"""From a folder to a checked package: the declaration resolved, and its figures."""

import hashlib
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from inference.declared import explanations, reference, specification
from inference.declared.declaration import TENSORS, Declaration, Tensor
from inference.declared.network import Network
from inference.inputs.named import FREE
from inference.protocols.files import FileReader
from inference.results import Arrays
from inference.runtimes.graph import UnloadableGraphError
from inference.spec import Rows
from serving.declared import (
    checks,
    drift_reference,
    expectations,
    generated_named,
    inputs,
    outputs,
    probe,
    source,
    torch_network,
)
from serving.declared.checks import CheckFigures
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared
from serving.declared.graph import OnnxGraph, Value, refused
from serving.declared.inputs import Given
from serving.declared.outputs import GraphResults
from serving.declared.package import DeclaredPackage
from serving.declared.samples import FolderSamples
from serving.declared.samples import read as read_samples

GOLDEN = 32  # samples that a worker proves itself on
_LOCALE = (
    "the network changes the case of texts in a locale that this machine does not have: convert it with "
    "options={TfidfVectorizer: {'locale': 'C.UTF-8'}}, or with the name of its own vectorizer"
)


@dataclass(frozen=True)
class Resolved:
    """A package that passed its checks, but for those of the sealed archive.

    declared, training_data  what it was made of
    """

    declared: Declared
    training_data: Path | None
    package: DeclaredPackage
    network: Network
    samples: FolderSamples
    figures: CheckFigures


@dataclass(frozen=True)
class _Candidate:
    """A model to be checked. ``run`` is the original of a network that was exported."""

    declared: Declared
    graph: OnnxGraph
    run: torch_network.Run | None
    declaration: Declaration
    network: Network
    samples: FolderSamples


def resolve(declared: Declared, training_data: Path | None = None) -> Resolved:
    """Resolve a folder and check it. Raises DeclarationError for the first thing that is wrong.

    training_data  a file or folder of examples, which drift is held against and explanations start from; None: drift is
                   not measured
    """
    try:
        return _resolve(declared, training_data)
    except ModuleNotFoundError as error:
        lock = "train" if error.name == "torch" else "onnx"
        raise DeclarationError(
            f"packaging needs the package {error.name}: .venv/bin/python -m pip install --require-hashes -r "
            f"requirements/{lock}.txt"
        ) from error


def _resolve(declared: Declared, training_data: Path | None) -> Resolved:
    made, run = source.graph_of(declared)
    given = inputs.resolve(declared, made)
    draft = _draft(declared, given, made)
    samples = read_samples(declared.samples, draft)
    answered = outputs.resolve(declared, made, given, _results(draft, made, given, samples))
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
        inputs=given.inputs,
        defaults=given.defaults,
    )
    network = Network(declaration, made.content)
    figures = CheckFigures(len(samples.names), len(samples.rows) - len(samples.names), warnings=[*answered.warnings])
    if not given.free:
        figures.warnings.append("the graph takes one example at a time: it is served without batching")
    if given.image and given.image.is_scaled and given.tensor.dtype.kind != "f":
        figures.warnings.append("the network takes bytes: rescale_factor, image_mean and image_std are not applied")
    _check(_Candidate(declared, made, run, declaration, network, samples), figures)
    drift, known = b"", samples.rows[: len(samples.names) or None]
    if training_data:
        drift, known = drift_reference.make(training_data, specification.of(declaration), network, figures)
    noted = Declaration(**{**vars(declaration), "notes": _notes(declared, figures)})
    golden = samples.rows[:GOLDEN]
    recorded = reference.record(golden, network.predict(golden))
    package = DeclaredPackage(noted, made.content, recorded, _baseline(declaration, known), drift)
    return Resolved(declared, training_data, package, network, samples, figures)


def _baseline(declaration: Declaration, rows: Rows) -> bytes:
    """The baseline of explanations, if there are any: of the training data, the folder's samples or generated ones."""
    spec = specification.of(declaration)
    if spec.explanations is None:
        return b""
    return explanations.content(explanations.baseline(spec.input, rows))


def _check(candidate: _Candidate, figures: CheckFigures) -> None:
    declaration, network, samples = candidate.declaration, candidate.network, candidate.samples
    checks.check_finite(network, samples)
    if declaration.batched:
        figures.batch = checks.batch_distance(network, samples)
    if candidate.run is not None:
        original = source.original(candidate.run, declaration, candidate.graph)
        figures.original = checks.original_distance(original, network, samples, checks.sizes(declaration.batched))
    figures.expected = expectations.check(declaration, network, samples, partial(_variant, candidate))


def _draft(declared: Declared, given: Given, made: OnnxGraph) -> Declaration:
    """A declaration that gives every output, to read samples and to look at results."""
    others = [value for value in made.outputs if not value.is_tensor]
    if others and not declared.tensor and declared.kind != TENSORS:
        raise DeclarationError(f"{refused(others)}; or state another output as tensor in {FILE}")
    usable = tuple(_free(value) for value in made.outputs if not value.refusal)
    if given.inputs or not given.free:  # outputs without a batch cannot be computed for several examples
        usable = tuple(tensor for tensor in usable if tensor.name == declared.tensor) or usable
    if not usable:
        raise DeclarationError(refused(made.outputs))
    return Declaration(
        declared.name, given.tensor, usable, TENSORS, columns=declared.columns, image=given.image,
        batched=given.batched, inputs=given.inputs, defaults=given.defaults,
    )  # fmt: skip


def _free(value: Value) -> Tensor:
    return Tensor(value.tensor.name, value.tensor.datatype, (FREE,))


def _results(draft: Declaration, made: OnnxGraph, given: Given, samples: FolderSamples) -> GraphResults:
    """Every output for all samples, and for others with different free sides."""
    names = [output.name for output in draft.outputs]
    try:
        axes = probe.axes(given, made.content, names, samples.rows) if given.inputs else dict.fromkeys(names, 0)
        resolved = replace(draft, outputs=tuple(replace(output, axis=axes[output.name]) for output in draft.outputs))
        network = Network(resolved, made.content)
        if not given.free and not given.inputs:
            _check_single(network.arrays(samples.rows[:1]))
        if samples.names and any(FREE in tensor.shape for tensor in given.inputs):
            others = generated_named.rows(specification.of(resolved).inputs, [], 2)  # whose free sides differ
            with suppress(Exception):  # a network may take some lengths only
                rows = np.concatenate([samples.rows, others])
                return GraphResults(network.arrays(rows), len(rows), axes)
        return GraphResults(network.arrays(samples.rows), len(samples.rows), axes)
    except DeclarationError:
        raise
    except UnloadableGraphError as error:
        raise DeclarationError(_LOCALE if "construct locale" in str(error) else f"{error!s:.300}") from error
    except Exception as error:  # ONNX Runtime's own classes, none of which it exports
        text = " ".join(str(error).split())
        which = "its samples" if samples.names else "generated examples"
        remedy = "" if samples.names or not given.inputs else "; state the inputs' shape and value, or add samples"
        raise DeclarationError(f"the network fails on {which}: {text:.300}{remedy}") from error


def _check_single(arrays: Arrays) -> None:
    """Raises DeclarationError for an output without a batch, of a graph that takes one example."""
    for name, array in arrays.items():
        if array.shape[:1] != (1,):
            raise outputs.without_batch(name, {1: array.shape})


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


def _notes(declared: Declared, figures: CheckFigures) -> dict[str, object]:
    """Facts for the model's card: the sha256 of the files that it was made of, and the figures of the checks."""
    sources = [path for path in (declared.network, declared.weights) if path]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
    figured = {name: value for name, value in asdict(figures).items() if name not in ("archive", "warnings")}
    rounded = {name: float(f"{value:.1e}") if isinstance(value, float) else value for name, value in figured.items()}
    return {"sources": hashes, "checks": rounded}
