import struct

import numpy as np
import pytest

from training.data import idx
from training.errors import DataError


@pytest.mark.parametrize("shape", [(0,), (5,), (2, 3), (4, 28, 28)])
def test_what_is_encoded_is_decoded(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    decoded = idx.decode(idx.encode(array), "file")
    assert decoded.shape == shape
    assert np.array_equal(decoded, array)


def test_the_header_is_the_published_one() -> None:
    header = idx.encode(np.zeros((60000, 28, 28), dtype=np.uint8))[:16]
    assert header.hex() == "00000803" + "0000ea60" + "0000001c" + "0000001c"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x08", "not an IDX file"),
        (b"\x89PNG\r\n\x1a\n", "not an IDX file"),
        (b"\0\0\x0d\x01" + struct.pack(">I", 1) + b"\0\0\0\0", "type 0x0d"),
        (b"\0\0\x08\x00", "0 dimensions"),
        (b"\0\0\x08\x03" + struct.pack(">2I", 1, 28), "cut short"),
        (b"\0\0\x08\x01" + struct.pack(">I", 3) + b"ab", "announces .3,. values but holds 2"),
        (b"\0\0\x08\x01" + struct.pack(">I", 3) + b"abcd", "holds 4"),
        (b"\0\0\x08\x02" + struct.pack(">2I", 2**32 - 1, 2**32 - 1), "holds 0"),
    ],
)
def test_bad_files_are_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=f"^bad-file.*{reason}"):
        idx.decode(data, "bad-file")
