import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.digits import pickled
from training.errors import DataError


class Command:
    def __init__(self, line: str) -> None:
        self.line = line

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.line,)


def test_a_command_in_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    data = pickle.dumps((np.zeros(3), Command(f"touch {witness}")))
    with pytest.raises(DataError, match=r"posix\.system: only numpy arrays"):
        pickled.loads(data)
    assert not witness.exists()
    pickle.loads(data)  # noqa: S301 - the proof that it would have run
    assert witness.exists()


@pytest.mark.parametrize("name", ["numpy load", "builtins eval", "numpy.f2py.diagnose run_command"])
def test_no_other_name_is_looked_up(name: str) -> None:
    module, attribute = name.split()
    with pytest.raises(DataError, match="only numpy arrays"):
        pickled.loads(f"c{module}\n{attribute}\n.".encode())


@pytest.mark.parametrize("protocol", [3, 4])  # the wheel, written by Python 2, is read in test_mnist_sources.py
def test_arrays_in_tuples_are_read(protocol: int) -> None:
    images, labels = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, 2])
    read = pickled.loads(pickle.dumps(((images, labels),), protocol=protocol))
    assert np.array_equal(read[0][0], images)
    assert np.array_equal(read[0][1], labels)


@pytest.mark.parametrize("data", [b"", b"\x80\x02", b"not a pickle", pickle.dumps(np.zeros(9), protocol=3)[:-20]])
def test_broken_pickles_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="broken"):
        pickled.loads(data)
