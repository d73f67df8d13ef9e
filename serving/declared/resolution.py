"""Resolution of a folder: its declaration, the files of the archive, and the figures of the checks."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from inference import drift, golden
from inference.declared import explanations, specification
from inference.declared.declaration import FILE, Declaration
from inference.declared.network import FILE as GRAPH
from inference.declared.network import Network
from inference.inputs.named import FREE
from inference.protocols.files import FileReader
from inference.results import Arrays
from inference.runtimes.graph import UnloadableGraphError
from inference.spec import ModelSpec
from serving.declared import checks, drift_reference, expectations, inputs, outputs, source
from serving.declared.checks import CheckFigures
from serving.declared.errors import DeclarationError
from serving.declared.folder import Declared
from serving.declared.graph import OnnxGraph
from serving.declared.samples import FolderSamples, generated
from serving.declared.samples import read as read_samples

_BATCHES = (2, 3)  # numbers of examples, to find the batch dimension of outputs
GOLDEN = 32  # samples for the self-check of a worker
_LOCALE = (
    "the network changes the case of texts in a locale that this machine does not have: convert it with "
    "options={TfidfVectorizer: {'locale': 'C.UTF-8'}}, or with the name of its own vectorizer"
)


_INIT = b'''"""The specification of a declared model."""

from pathlib import Path

from inference.declared import declaration, specification

SPEC = specification.load(Path(__file__).parents[1] / declaration.FILE)
'''


@dataclass(frozen=True)
class Resolved:
    """Package that has passed all checks except those of the sealed archive.

    declared, training_data  its sources
    graph                    content of the ONNX file
    files                    content by name in the archive
    """

    declared: Declared
    training_data: Path | None
    declaration: Declaration
    graph: bytes
    files: Mapping[str, bytes]
    network: Network
    samples: FolderSamples
    figures: CheckFigures

    @cached_property
    def spec(self) -> ModelSpec:
        return specification.of(self.declaration)


def resolve(declared: Declared, training_data: Path | None = None) -> Resolved:
    """Resolve a folder and check it. Raises DeclarationError for the first error.

    training_data  examples for the drift reference and the baseline of explanations; None for no measurement of drift
    """
    try:
        return _resolve(declared, training_data)
    except ModuleNotFoundError as error:
        lock = "train" if declared.function else "onnx"
        raise DeclarationError(
            f"packaging needs the package {error.name}: .venv/bin/python -m pip install --require-hashes -r "
            f"requirements/{lock}.txt"
        ) from error


def _resolve(declared: Declared, training_data: Path | None) -> Resolved:
    made, run = source.graph_of(declared)
    draft, free = inputs.resolve(declared, made)
    draft = replace(draft, outputs=outputs.servable(declared, made, draft))
    samples = read_samples(declared.samples, draft)
    counts = _BATCHES if draft.batched or (free and draft.inputs) else (1,)
    draft, results = _results(declared, draft, made, samples, counts)
    declaration, warnings = outputs.resolve(declared, made, draft, results)
    network = Network(declaration, made.content)
    figures = CheckFigures(len(samples.names), len(samples.rows) - len(samples.names), warnings=warnings)
    if not free:
        figures.warnings.append("the graph takes one example at a time: it is served without batching")
    if declaration.image and declaration.image.is_scaled and declaration.input.dtype.kind != "f":
        figures.warnings.append("the network takes bytes: rescale_factor, image_mean and image_std are not applied")
    checks.check_finite(network, samples)
    if declaration.batched:
        figures.batch = checks.batch_distance(network, samples)
    if run is not None:
        original = source.original(run, declaration, made)
        figures.original = checks.original_distance(original, network, samples, checks.sizes(declaration.batched))
    variant = partial(_variant, samples, made.content)
    figures.expected = expectations.check(declaration, network, samples, variant)
    files: dict[str, bytes] = {}
    known = samples.rows[: len(samples.names) or None]
    spec = specification.of(declaration)
    if training_data:
        files[drift.FILE], known = drift_reference.make(training_data, spec, network, figures)
    if spec.explanations:
        files[explanations.FILE] = explanations.content(explanations.baseline(spec.input, known))
    proof = samples.rows[:GOLDEN]
    files[golden.FILE] = golden.record(proof, network.predict(proof))
    noted = replace(declaration, notes=_notes(declared, figures))
    files |= {"model/__init__.py": _INIT, FILE: noted.content(), GRAPH: made.content}
    return Resolved(declared, training_data, noted, made.content, files, network, samples, figures)


def _results(
    declared: Declared, draft: Declaration, made: OnnxGraph, samples: FolderSamples, counts: Sequence[int]
) -> tuple[Declaration, Arrays]:
    """Return the draft with batch axes, and the outputs for all samples and for more with other free sides.

    counts  numbers of examples in the runs that find the batch
    """
    try:
        resolved = outputs.with_axes(declared, draft, made.content, samples.rows[:1], counts)
        network = Network(resolved, made.content)
        if samples.names and any(FREE in tensor.shape for tensor in draft.inputs):
            others = generated(specification.of(resolved), None, 2)  # with different free sides
            with suppress(Exception):  # some networks accept only some lengths
                return resolved, network.arrays(np.concatenate([samples.rows, others]))
        return resolved, network.arrays(samples.rows)
    except DeclarationError:
        raise
    except UnloadableGraphError as error:
        raise DeclarationError(_LOCALE if "construct locale" in str(error) else f"{error!s:.300}") from error
    except Exception as error:  # ONNX Runtime exports none of its error classes
        text = " ".join(str(error).split())
        which = "its samples" if samples.names else "generated examples"
        remedy = "" if samples.names or not draft.inputs else "; state the inputs' shape and value, or add samples"
        raise DeclarationError(f"the network fails on {which}: {text:.300}{remedy}") from error


def _variant(samples: FolderSamples, graph: bytes, declaration: Declaration, index: int, backwards: bool) -> Arrays:
    """Return the outputs for a sample file with another declaration, or with its channels reversed."""
    path = samples.folder / samples.names[index]
    read_file = specification.of(declaration).preprocessing.read_file
    row = samples.rows[index : index + 1]
    if read_file and path.suffix not in (".npy", ".json"):
        row = FileReader(read_file).decode(path.read_bytes()).rows
    row = np.ascontiguousarray(row[..., ::-1]) if backwards else row
    return expectations.outputs(Network(declaration, graph), row)


def _notes(declared: Declared, figures: CheckFigures) -> dict[str, object]:
    """Return facts for the model card: the sha256 of the source files, and the figures of the checks."""
    sources = [path for path in (declared.network, declared.weights) if path]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
    figured = {name: value for name, value in asdict(figures).items() if name not in ("archive", "warnings")}
    rounded = {name: float(f"{value:.1e}") if isinstance(value, float) else value for name, value in figured.items()}
    return {"sources": hashes, "checks": rounded}
