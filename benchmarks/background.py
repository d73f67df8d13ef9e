"""Work in threads beside the code of a block."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

Work = Callable[[threading.Event], None]


@contextmanager
def background(*works: Work) -> Iterator[None]:
    """Call each function in a thread while the block runs, with the event that ends it. Raises what one has raised."""
    over = threading.Event()
    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(work, over) for work in works]
        try:
            yield
        finally:
            over.set()
    for each in running:
        each.result()
