"""Random numbers that follow from a request's seed."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The block draws what follows from the seed, by torch and by numpy's global generator, which Captum draws from.

    Afterwards both go on as if nothing had happened.
    """
    state = np.random.get_state()
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(state)
