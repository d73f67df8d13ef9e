"""Archive of a declared model: sealed, checked in a process of its own, signed and written."""

import math
import tempfile
from dataclasses import replace
from pathlib import Path

from inference.declared.declaration import VALUES, Declaration
from inference.declared.specification import DeclaredModel
from inference.inputs.named import Tensor
from serving.archives import assembly, formats, interfaces, record
from serving.archives.assembly import UnloadableError
from serving.archives.record import Archive
from serving.declared import checks, staleness
from serving.declared.errors import DeclarationError
from serving.declared.resolution import Resolved
from serving.openapi import interface


def build(resolved: Resolved, path: Path, version: str) -> Archive:
    """Write the archive at ``path`` and its record, or nothing after an error. The same inputs give the same bytes.

    Raises DeclarationError if the archive's own code gives other results, SealError if it would contain a forbidden
    file, and SigningError if there is no key to sign it.
    """
    name = resolved.spec.name
    with tempfile.TemporaryDirectory(prefix="archive-") as temporary:
        work = Path(temporary)
        files = record.sources(resolved) | _interface(resolved, version)
        sealed = assembly.assemble(files, name, version, work)
        rows = resolved.samples.rows
        try:
            answered = assembly.predict(sealed, rows, resolved.network.predict(rows))
        except UnloadableError as error:
            raise DeclarationError(str(error)) from error
        resolved.figures.archive = checks.archive_distance(answered, resolved.network, resolved.samples)
        content = sealed.read_bytes()
    inputs = staleness.inputs(resolved.declared, version, resolved.training_data)
    return assembly.publish(content, path, inputs, name, version)


def _interface(resolved: Resolved, version: str) -> dict[str, bytes]:
    """Return the file from which a node describes the model."""
    declaration, spec = resolved.declaration, resolved.spec
    model = DeclaredModel(spec, record.sha256(resolved.graph), declaration.as_dict(), resolved.network.predict)
    described = interfaces.of(model, resolved.samples.rows, spec.name, version, formats.ONNX)
    optional = tuple(declaration.defaults)
    made = replace(described, inputs=declaration.inputs, outputs=_outputs(declaration), optional=optional)
    return {interface.FILE: made.content()}


def _outputs(declaration: Declaration) -> tuple[Tensor, ...]:
    """Return the outputs of a model without classes, as in answers; nothing for a model with classes."""
    if declaration.has_classes:
        return ()
    if declaration.kind == VALUES:
        return (Tensor(VALUES, "FP32", (math.prod(declaration.outputs[0].shape),)),)
    return declaration.outputs
