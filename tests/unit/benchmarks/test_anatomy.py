"""CPU time of the request of a single client: counts of a thread, and their report."""

import os

from benchmarks import anatomy
from benchmarks.anatomy import ThreadTimes


def test_the_kernels_account_of_a_thread_grows() -> None:
    def mine() -> ThreadTimes:
        accounts = anatomy._accounts({os.getpid(): "worker"})
        return next(account for (thread, _), account in accounts.items() if thread == os.getpid())

    before = mine()
    while mine().run == before.run:
        pass
    assert mine().run > before.run
    assert mine().slices >= before.slices


def test_the_section_sums_up() -> None:
    threads = {
        "python": {"run": 100.0, "wakes": 0.0},
        "epoll": {"run": 7.0, "wakes": 1.0},
        "C2 CompilerThre": {"run": 3.0, "wakes": 0.01},
    }
    load = {"requests": 1000, "rate": 2000.0, "p50": 0.45}
    text = anatomy.section({"seconds": 10, "load": load, "threads": threads})
    assert "takes 500 us. The threads run for 110 us on all cores together, and are woken 1.0 times" in text
    assert "| `python` |" in text, "a thread that polls is not woken"
    assert "| `epoll` |" in text
    assert "CompilerThre" not in text
