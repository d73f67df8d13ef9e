"""A declared model as the package of an archive: a specification that is read from a JSON file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson

from inference import drift, golden
from inference.declared import declaration, explanations, network, specification
from inference.declared.declaration import Declaration
from inference.spec import ModelSpec

_INIT = '''"""The specification of a declared model."""

from pathlib import Path

from inference.declared import declaration, specification

SPEC = specification.load(Path(__file__).parents[1] / declaration.FILE)
'''


@dataclass(frozen=True)
class DeclaredPackage:
    """A resolved declaration, its graph, its reference outputs, and the baseline of explanations if it has any.

    drift  the reference that drift is held against; empty: it is not measured
    """

    declaration: Declaration
    graph: bytes
    reference: bytes
    baseline: bytes
    drift: bytes = b""

    @cached_property
    def spec(self) -> ModelSpec:
        return specification.of(self.declaration)

    @property
    def files(self) -> Mapping[str, bytes]:
        """Files of the archive, by their names there."""
        labels = dict(enumerate(self.declaration.labels))
        return {
            "model/__init__.py": _INIT.encode(),
            declaration.FILE: self.declaration.content(),
            network.FILE: self.graph,
            golden.FILE: self.reference,
            **({explanations.FILE: self.baseline} if self.baseline else {}),
            **({drift.FILE: self.drift} if self.drift else {}),
            **({"index_to_name.json": orjson.dumps(labels, option=orjson.OPT_NON_STR_KEYS)} if labels else {}),
        }
