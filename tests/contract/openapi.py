"""The OpenAPI document that a node serves for digits, and its copy in docs/."""

from typing import Any

from model import SPEC
from serving.openapi import document as openapi
from serving.openapi import template
from serving.openapi.interface import Interface
from serving.paths import ROOT

COPY = ROOT / "docs" / "openapi.yaml"
_HEAD = b"""\
# Written by python -m tests.contract.regenerate, from the specification of digits. A node makes its own document of the
# models that it serves; its gateway answers that at /openapi.yaml.
"""


def document() -> dict[str, Any]:
    model = Interface.of(SPEC)
    return openapi.build([model], {"explainer": model})


def copy() -> bytes:
    """Return the expected docs/openapi.yaml."""
    return _HEAD + template.dump(document())
