"""Setup of the commands that train, compare or measure networks."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from scripts.threads import wait_asleep
from serving.errors import UserError
from training.errors import DataError

_Step = TypeVar("_Step")


@contextmanager
def computing() -> Iterator[None]:
    """Set up logging and threads for PyTorch, which must not be imported yet.

    Raises UserError for a DataError or ValueError in the block.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    wait_asleep()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # makes matrix products on a GPU reproducible
    try:
        yield
    except (DataError, ValueError) as error:
        raise UserError(str(error)) from error


def progress(steps: Sequence[_Step], name: str) -> Iterable[_Step]:
    """Yield the steps one by one. Show the progress on a terminal."""
    from tqdm import tqdm

    bar: Iterable[_Step] = tqdm(steps, desc=name, disable=None, leave=False)
    return bar
