"""The command line of the engine, with a fake program in place of the engine."""

import pytest

from scripts.building import engine
from scripts.building.engine import Engine, EngineError


def test_an_engine_that_does_not_run_is_named() -> None:
    with pytest.raises(
        EngineError, match=r"^nothing-like-it --remote does not run here: name another engine, or none$"
    ):
        engine.find(["nothing-like-it", "--remote"])


def test_the_last_line_of_a_refusal_is_told() -> None:
    refusing = Engine(["sh", "-c", "echo warning >&2; echo no space left >&2; exit 125"])
    with pytest.raises(EngineError, match=r"^sh info: no space left$"):
        refusing.run("info")


def test_what_it_prints_is_returned() -> None:
    assert Engine(["echo"]).run("container", "inspect") == "container inspect"


@pytest.mark.parametrize(
    ("program", "expected"), [("/usr/bin/podman", True), ("podman-remote", True), ("docker", False)]
)
def test_podman_is_known_by_its_name(program: str, expected: bool) -> None:
    assert Engine([program]).is_podman is expected
