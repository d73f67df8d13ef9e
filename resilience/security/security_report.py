"""Report docs/security.md: names of tests, and results of fuzzing and audit."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from serving.paths import ROOT
from training.reports.markdown import table
from training.reports.page import render

_TESTS = (
    ("TorchServe's keys", "tests/live/attacks/test_keys.py"),
    ("What TorchServe loads", "tests/live/attacks/test_loading.py"),
    ("Addresses and headers", "tests/live/attacks/test_requests.py"),
    ("Bodies", "tests/live/attacks/test_bombs.py"),
    ("The gateway", "tests/live/gateway/test_attacks.py"),
    ("The gateway's limits", "tests/live/gateway/test_limits.py"),
    ("One client against the others", "tests/live/gateway/test_isolation.py"),
    ("What clients send", "tests/live/test_bad_input.py"),
    ("What is random", "tests/live/test_abuse.py"),
    ("What is random, from the API's description", "tests/live/test_fuzz.py"),
    ("Archives: what is in them", "tests/unit/serving/archives/test_seal.py"),
    ("Archives: who made them", "tests/unit/serving/archives/test_signing.py"),
    ("Archives: which are started", "tests/unit/serving/archives/test_admission.py"),
)


class Attack(NamedTuple):
    """A test: its name in words, and its number of cases if the decorators list them."""

    words: str
    cases: int | None


def write() -> str:
    """Return the whole document."""
    fuzz, audit = _read("fuzz.json"), _read("audit.json")
    tests = [
        (f"[{title}](../{name})", attack.words, str(attack.cases or ""))
        for title, name in _TESTS
        if (path := ROOT / name).exists()
        for attack in attacks(path.read_text())
    ]
    codes = sorted(fuzz["statuses"])
    counts = [(f"`{name}`", *(str(counts.get(code, 0)) for code in codes)) for name, counts in fuzz["answers"].items()]
    return render(
        __file__,
        attacks=table(("test", "result", "cases"), tests, left=2),
        fuzz=fuzz,
        statuses=", ".join(f"{count} of {status}" for status, count in fuzz["statuses"].items()),
        tried=fuzz["right"] + len(fuzz["wrong"]),
        operations=table(("operation", *codes), counts),
        audit=audit,
        locks=_locks(audit["locks"]),
    )


def attacks(source: str) -> Iterator[Attack]:
    """Yield the tests of a module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield Attack(node.name.removeprefix("test_").replace("_", " "), _cases(node))


def _cases(test: ast.FunctionDef) -> int | None:
    product, plain = 1, False
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.parametrize":
            values = decorator.args[1]
            if not isinstance(values, ast.List | ast.Tuple):
                return None
            product, plain = product * len(values.elts), True
    return product if plain else None


def _locks(locks: dict[str, Any]) -> str:
    rows = []
    for lock, result in locks.items():
        names = ", ".join(f"{one['name']} {one['version']}: {one['id']}" for one in result["vulnerable"])
        known = names or ("none" if result["answered"] else "not known")
        rows.append((lock, known, str(result["packages"]), str(result["answered"])))
    text = table(("lock", "known vulnerabilities", "packages", "answered"), rows, left=2)
    if any(result["answered"] for result in locks.values()):
        return text
    return f"{text}\n\nThe advisories were not reachable. Run the command again with a network."


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(ROOT, "results", name).read_text())
    return content
