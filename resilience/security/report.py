"""docs/security.md, from the tests' own names and the figures of fuzz and audit."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from serving.paths import ROOT

_HEAD = Path(__file__).with_name("head.md")
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
    """A test: its name as words, and how many cases it is run with, if its decorators say so plainly."""

    words: str
    cases: int | None


def write() -> str:
    """The whole document."""
    return "\n".join([_HEAD.read_text(), *_attacks(), *_fuzz(_read("fuzz.json")), *_audit(_read("audit.json"))])


def attacks(source: str) -> Iterator[Attack]:
    """The tests of a module."""
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


def _attacks() -> Iterator[str]:
    yield "| where | what is shown | cases |\n| --- | --- | ---: |"
    for title, name in _TESTS:
        path = ROOT / name
        if path.exists():
            for attack in attacks(path.read_text()):
                yield f"| [{title}](../{name}) | {attack.words} | {attack.cases or ''} |"


def _fuzz(content: dict[str, Any]) -> Iterator[str]:
    yield "\n## Fuzz\n"
    statuses = ", ".join(f"{count} of {status}" for status, count in content["statuses"].items())
    yield (
        f"`scripts/fuzz` threw {content['requests']} requests made from [openapi.yaml](openapi.yaml) at TorchServe in "
        f"{content['seconds']} seconds.\nAnswers: {statuses}. Each was as that file says, no process was restarted, "
        f"and of a neighbour's\n{content['right'] + len(content['wrong'])} requests meanwhile {content['right']} were "
        f"answered rightly. ({content['machine']['processor']}, {content['machine']['cores']} cores.)\n"
    )
    codes = sorted(content["statuses"])
    yield "| operation | " + " | ".join(codes) + " |\n| --- |" + " ---: |" * len(codes)
    for operation, counts in content["answers"].items():
        yield f"| `{operation}` | " + " | ".join(str(counts.get(code, 0)) for code in codes) + " |"


def _audit(content: dict[str, Any]) -> Iterator[str]:
    yield "\n## Known vulnerabilities\n"
    yield f"`scripts/audit` asks PyPI's advisories about every lock, by pip-audit. Last on {content['date']}:\n"
    yield "| lock | packages | answered | known vulnerabilities |\n| --- | ---: | ---: | --- |"
    for lock, result in content["locks"].items():
        names = ", ".join(f"{one['name']} {one['version']}: {one['id']}" for one in result["vulnerable"])
        known = names or ("none" if result["answered"] else "not known")
        yield f"| {lock} | {result['packages']} | {result['answered']} | {known} |"
    if not any(result["answered"] for result in content["locks"].values()):
        yield "\nThe advisories could not be reached from the machine that wrote this, so nothing is known yet: run it."
    yield ""


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(ROOT, "results", name).read_text())
    return content
