"""Functions that run in threads while a block runs."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

Work = Callable[[threading.Event], None]


@contextmanager
def background(*works: Work) -> Iterator[None]:
    """Run functions in threads while the block runs. An event ends them; their errors are raised after it."""
    over = threading.Event()
    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(work, over) for work in works]
        try:
            yield
        finally:
            over.set()
    for future in running:
        future.result()
