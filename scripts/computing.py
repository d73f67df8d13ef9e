"""Setup shared by the commands that train, compare or measure networks."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from serving.errors import UserError
from training.errors import DataError

_Step = TypeVar("_Step")


@contextmanager
def computing() -> Iterator[None]:
    """Set logging and threads up for PyTorch, which must not be loaded yet.

    Raises UserError for a DataError or ValueError in the block.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    wait_asleep()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it a GPU's products are not reproducible
    try:
        yield
    except (DataError, ValueError) as error:
        raise UserError(str(error)) from error


def wait_asleep() -> None:
    """Let PyTorch's threads wait asleep; it must not be loaded yet.

    That costs 8 % on an idle machine. Threads that spin triple the time where another program uses a core.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def progress(steps: Sequence[_Step], name: str) -> Iterable[_Step]:
    """Yield the steps one by one; on a terminal, show the progress."""
    from tqdm import tqdm

    bar: Iterable[_Step] = tqdm(steps, desc=name, disable=None, leave=False)
    return bar
