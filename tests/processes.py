"""Child processes that end with their test."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import AnyStr

_END_SECONDS = 10.0


@contextmanager
def bounded(process: "subprocess.Popen[AnyStr]") -> Iterator["subprocess.Popen[AnyStr]"]:
    """Kill a process at the end of a block, also after an exception.

    A plain ``with subprocess.Popen(...)`` waits there without a limit, and pytest's time limit does not end that.
    """
    try:
        yield process
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        process.wait(_END_SECONDS)
