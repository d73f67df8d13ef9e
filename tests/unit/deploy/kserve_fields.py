"""Find fields of a manifest that KServe's models lack. Run in .venv-deploy: manifest as JSON in, problems out.

The test needs only the models of KServe's SDK. It imports them without the server, which has more dependencies.
"""

import importlib
import importlib.util
import json
import re
import sys
import types
from typing import Any

_PLAIN = {"str": str, "int": int, "bool": bool}


def models() -> Any:
    """Import kserve.models without the imports of the package kserve."""
    package, spec = types.ModuleType("kserve"), importlib.util.find_spec("kserve")
    assert spec
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules["kserve"] = package
    return importlib.import_module("kserve.models")


def problems(value: Any, kind: str, known: Any, path: str) -> list[str]:
    """Return the errors in a value of one of KServe's types. Types of Kubernetes are not checked."""
    if inner := re.fullmatch(r"list\[(.+)\]", kind):
        return [error for item in value for error in problems(item, inner[1], known, f"{path}[]")]
    if kind in _PLAIN:
        return [] if isinstance(value, _PLAIN[kind]) else [f"{path} is no {kind}"]
    model = getattr(known, kind, None)
    if model is None:
        return []
    names = {name: attribute for attribute, name in model.attribute_map.items()}
    errors = [f"{path}.{name} is unknown" for name in value.keys() - names]
    for name in value.keys() & names:
        errors += problems(value[name], model.openapi_types[names[name]], known, f"{path}.{name}")
    return errors


if __name__ == "__main__":
    print(json.dumps(problems(json.load(sys.stdin), "V1beta1InferenceService", models(), "")))
