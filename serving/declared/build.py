"""The archive of a declared model: sealed, proven in a process of its own, signed and written."""

import math
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from inference.declared import reference, specification
from inference.declared.declaration import VALUES, Declaration
from inference.declared.specification import DeclaredModel
from inference.inputs.named import Tensor
from inference.results import Arrays
from serving.archives import assembly, formats, interfaces, record
from serving.archives.record import Archive
from serving.declared import checks, staleness
from serving.declared.errors import DeclarationError
from serving.declared.resolution import Resolved
from serving.openapi import interface
from serving.openapi.interface import TensorType

_SECONDS = 600.0  # for an archive to load and to answer its samples
# Runs inside the unpacked archive and knows nothing of the repository but arrays in and out.
_PREDICT = """
import sys
from pathlib import Path
from inference import loading
from inference.declared import reference
from model import SPEC
rows, _ = reference.read(Path(sys.argv[1]).read_bytes())
Path(sys.argv[2]).write_bytes(reference.record(rows, loading.load(Path(), SPEC, "cpu").predict(rows)))
"""


def build(resolved: Resolved, path: Path, version: str) -> Archive:
    """Write the archive at ``path`` and the record beside it, whole or not at all. The same inputs give the same bytes.

    Raises DeclarationError if the archive's own code does not answer as it should, SealError if it would hold what no
    archive may, and SigningError if there is no key to sign it with.
    """
    package = resolved.package
    name = package.spec.name
    with tempfile.TemporaryDirectory(prefix="archive-") as temporary:
        work = Path(temporary)
        files = record.sources(package) | _interface(resolved, version)
        sealed = assembly.assemble(files, name, version, work)
        answered = _answered(sealed, resolved, work)
        resolved.figures.archive = checks.archive_distance(answered, resolved.network, resolved.samples)
        content = sealed.read_bytes()
    inputs = staleness.inputs(resolved.declared, version, resolved.training_data)
    return assembly.publish(content, Archive(path, record.sha256(content), inputs, name, version))


def _interface(resolved: Resolved, version: str) -> dict[str, bytes]:
    """The file by which a node describes the model."""
    package = resolved.package
    declaration = package.declaration
    sha256, predict = record.sha256(package.graph), resolved.network.predict
    model = DeclaredModel(package.spec, sha256, declaration.as_dict(), predict)
    described = interfaces.of(model, resolved.samples.rows, package.spec.name, version, formats.ONNX)
    inputs = tuple(_tensor(tensor, optional=tensor.name in declaration.defaults) for tensor in declaration.inputs)
    return {interface.FILE: replace(described, inputs=inputs, outputs=_outputs(declaration)).content()}


def _outputs(declaration: Declaration) -> tuple[TensorType, ...]:
    """The outputs of a model that predicts no classes, as answers have them."""
    if declaration.has_classes:
        return ()
    if declaration.kind == VALUES:
        (name,) = specification.of(declaration).output.tensor_names
        return (TensorType(name, "FP32", (-1, math.prod(declaration.outputs[0].shape))),)
    return tuple(map(_tensor, declaration.outputs))


def _tensor(tensor: Tensor, *, optional: bool = False) -> TensorType:
    """An input or output as the graph has it."""
    return TensorType(tensor.name, tensor.datatype, tensor.layout(), tensor.axis, optional)


def _answered(archive: Path, resolved: Resolved, work: Path) -> Arrays:
    """The results of the archive for the samples. It proves itself on its reference outputs first, as a worker does."""
    unpacked, given, results = work / "unpacked", work / "rows.safetensors", work / "results.safetensors"
    rows, predict = resolved.samples.rows, resolved.network.predict
    with zipfile.ZipFile(archive) as file:
        file.extractall(unpacked)
    given.write_bytes(reference.record(rows, predict(rows)))
    command = [sys.executable, "-c", _PREDICT, str(given), str(results)]
    run = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if run.returncode:
        lines = run.stderr.strip().splitlines() or ["it printed nothing"]
        raise DeclarationError(f"the archive cannot be loaded: {lines[-1]}")
    return reference.read(results.read_bytes())[1]
