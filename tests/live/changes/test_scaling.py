"""Scaling up and down under load: no request is lost."""

import re
import threading
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from serving.changes import scaling
from serving.changes.rule import Rule

from ..conftest import until
from ..crowd import crowd
from .conftest import more, served, server_of, workers

pytestmark = pytest.mark.usefixtures("restored")


def test_scaling_under_64_clients(node: Path, seven: bytes) -> None:
    live = served(node)["modelVersion"]
    with crowd(server_of(node), seven) as counted:
        for number in (2, 1, 3, 1):
            scaling.scale(server_of(node), number)
            assert len(workers(node)) == number
            more(counted, live, 300)
    assert counted.keys() == {live}, counted


def test_workers_leave_without_load_too(node: Path) -> None:
    scaling.scale(server_of(node), 2)
    before = workers(node)
    scaling.scale(server_of(node), 1)
    (left,) = workers(node)
    assert [pid for pid in before if Path(f"/proc/{pid}").exists()] == [left]


def test_workers_follow_the_load(node: Path, seven: bytes) -> None:
    """The load consists of photographs: each takes a worker milliseconds, whatever else this machine does."""
    photograph = BytesIO()
    Image.frombytes("L", (28, 28), seven).resize((1400, 1400)).save(photograph, "PNG")
    steps: list[str] = []
    live = served(node)["modelVersion"]
    over = threading.Event()
    rule = Rule(1, 2, slow=0.06, up=0.5, down=1.0)
    loop = threading.Thread(target=scaling.follow, args=(node, rule, steps.append, over.wait))
    loop.start()
    try:
        with crowd(server_of(node), photograph.getvalue(), 16) as counted:
            until(lambda: len(workers(node)) == 2, 30)
        until(lambda: len(workers(node)) == 1, 30)
    finally:
        over.set()
        loop.join()
    assert [step.partition(" workers")[0] for step in steps if "->" in step] == ["1 -> 2", "2 -> 1"], steps
    assert re.fullmatch(r"1 worker: \d+ wait, an answer takes \d+ ms", steps[0]), "the first look is reported"
    assert counted.keys() == {live}, counted
