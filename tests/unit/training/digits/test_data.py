import resource
from pathlib import Path

import numpy as np
import pytest

from training.data import idx
from training.data.dataset import FILES, TEST_LABELS, Dataset, md5
from training.digits import data
from training.digits.mnist_sources import Files
from training.errors import DataError


@pytest.fixture(scope="module")
def files(mnist: Dataset) -> Files:
    return {name: idx.encode(array) for name, array in mnist.arrays().items()}


@pytest.fixture
def cache(files: Files, tmp_path: Path) -> Path:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def unreachable() -> Files:
    raise DataError("no route")


def test_mnist_is_the_published_one(mnist: Dataset) -> None:
    assert mnist.checksums() == data.MD5
    assert mnist.train.images.shape == (60000, 28, 28)
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_a_whole_cache_needs_no_source(cache: Path, mnist: Dataset) -> None:
    loaded = data.load(cache, {"nowhere": unreachable})
    assert np.array_equal(loaded.test.images, mnist.test.images)


def test_a_damaged_cache_is_told_in_one_line_and_fetched_again(
    cache: Path, files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    content = bytearray(files[TEST_LABELS])
    content[5000] ^= 1
    (cache / TEST_LABELS).write_bytes(content)
    data.load(cache, {"a source": lambda: files})
    assert [record.getMessage().split(" in ")[0] for record in caplog.records] == [f"{TEST_LABELS} is damaged"]
    assert md5((cache / TEST_LABELS).read_bytes()) == data.MD5[TEST_LABELS]
    assert sorted(path.name for path in cache.iterdir()) == sorted(FILES)


def test_a_missing_file_is_told_and_fetched_again(cache: Path, files: Files, caplog: pytest.LogCaptureFixture) -> None:
    (cache / TEST_LABELS).unlink()
    data.load(cache, {"a source": lambda: files})
    assert f"lacks {TEST_LABELS}" in caplog.text
    assert (cache / TEST_LABELS).is_file()


def test_the_next_source_is_asked_when_one_gives_wrong_bytes(files: Files, tmp_path: Path) -> None:
    wrong = dict(files, **{TEST_LABELS: files[TEST_LABELS][:-1] + b"\0"})
    data.load(tmp_path / "new", {"liar": lambda: wrong, "nowhere": unreachable, "right": lambda: files})
    assert md5((tmp_path / "new" / TEST_LABELS).read_bytes()) == data.MD5[TEST_LABELS]


def test_without_any_source_one_line_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        data.load(tmp_path, {"first": unreachable, "second": lambda: dict.fromkeys(FILES, b"")})
    message = str(caught.value)
    assert "first (no route)" in message
    assert "second (wrong MD5" in message
    assert "DIGITS_DATA" in message
    assert "\n" not in message


def test_a_disk_without_room_is_told_and_leaves_nothing_half_written(files: Files, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(DataError, match=r"cannot be kept in .*; free 55 MB"):
            data.load(tmp_path, {"a source": lambda: files})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path))
    assert data.directory() == tmp_path
    monkeypatch.delenv("DIGITS_DATA")
    assert data.directory().parts[-2:] == ("data", "mnist")
