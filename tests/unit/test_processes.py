"""Time limits of all waits for child processes: pytest's own time limit does not end all of these waits."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
_RUN = {"run", "call", "check_call", "check_output"}


def unbounded(source: str) -> list[int]:
    """Return the lines of calls that wait for a child process without a time limit."""
    return sorted(set(_unbounded(ast.parse(source))))


def _unbounded(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            yield from (item.context_expr.lineno for item in node.items if _called(item.context_expr) == "Popen")
        elif isinstance(node, ast.Call) and not any(keyword.arg == "timeout" for keyword in node.keywords):
            runs = _called(node) in _RUN and ast.unparse(node.func).startswith("subprocess.")
            waits = _called(node) == "communicate" or (_called(node) == "wait" and not node.args)
            if runs or waits:
                yield node.lineno


def _called(node: ast.expr) -> str:
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def test_every_wait_for_a_process_has_a_limit() -> None:
    lines = {str(path): unbounded(path.read_text()) for path in TESTS.rglob("*.py")}
    assert not {path: calls for path, calls in lines.items() if calls}, (
        "pass a timeout, and use tests.processes.bounded"
    )


@pytest.mark.parametrize(
    ("source", "bad"),
    [
        ("subprocess.run(command)", True),
        ("subprocess.run(command, timeout=9)", False),
        ("asyncio.run(main())", False),
        ("process.wait()", True),
        ("process.wait(9)", False),
        ("process.communicate(b'text')", True),
        ("process.communicate(timeout=9)", False),
        ("with subprocess.Popen(command) as process: pass", True),
        ("with bounded(subprocess.Popen(command)) as process: pass", False),
    ],
)
def test_what_has_no_limit(source: str, bad: bool) -> None:
    assert unbounded(source) == [1] * bad
