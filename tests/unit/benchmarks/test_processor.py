import os
import subprocess
import sys

from benchmarks import processor


def test_what_this_process_and_its_children_take_is_told_by_part() -> None:
    parts = {os.getpid(): "server"}
    before = processor.spent(parts)
    subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True, timeout=240)
    spent = processor.per_answer(before, processor.spent(parts), 2)
    assert set(spent) == {"server", "clients"}
    assert spent["server"] >= 0
    assert spent["clients"] > 1000


def test_an_answers_share_is_in_microseconds() -> None:
    assert processor.per_answer({"jvm": 1.0}, {"jvm": 1.5}, 1000) == {"jvm": 500.0}
