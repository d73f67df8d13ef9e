"""Attacks on TorchServe itself, on loopback and behind its keys: each refused, and the model goes on as if nothing was.

test_bad_input.py has what an honest client does wrong, and docs/security.md lists what is tried here.
"""

import contextlib
import json
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from serving.archives import record
from serving.archives.record import Archive
from serving.torchserve import keys
from serving.torchserve.management import Management, ManagementError
from tests import bombs
from tests.pictures import digit, png, saved

from .conftest import Client, serve

ADDRESS = tuple[str, int]
MOST_RSS = 32 << 20  # bytes that a worker may grow by over all bombs, once it has seen each
FOREIGN = ("corrupt.mar", "cut.mar", "empty.mar", "slip.mar", "foreign.mar")


@pytest.fixture(scope="module")
def store(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store in which more lies than the product's archive."""
    folder = tmp_path_factory.mktemp("attacked") / "store"
    folder.mkdir()
    for path in (archive.path, record.record_path(archive.path)):
        shutil.copy(path, folder)
    content = archive.path.read_bytes()
    (folder / "corrupt.mar").write_bytes(b"PK\x03\x04" + bytes(1000))
    (folder / "cut.mar").write_bytes(content[: len(content) // 2])
    (folder / "empty.mar").write_bytes(b"")
    with zipfile.ZipFile(folder / "slip.mar", "w") as file:
        file.writestr("../../../slipped.txt", "out of the archive")
    manifest = {"runtime": "python", "model": {"modelName": "f", "modelVersion": "1.0", "handler": "gone.py"}}
    with zipfile.ZipFile(folder / "foreign.mar", "w") as file:
        file.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest))
    with zipfile.ZipFile(archive.path) as file:  # an archive's code in a folder, inside the store and outside
        file.extractall(folder / "unpacked")
        file.extractall(folder.parent / "outside")
    return folder


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[Client]:
    archive = record.recorded(store / "digits.mar")
    assert archive
    with serve(store.parent / "run", archive) as client:
        yield client


@pytest.fixture
def attacked(server: Client, seven: bytes) -> Iterator[Client]:
    """The server, which after the attack has the same processes and models as before, and reads a digit."""
    workers = server.workers()
    yield server
    assert server.predict(seven).json()["digit"] == 7
    assert server.workers() == workers
    with server.server.manage() as management:
        assert models(management) == ["digits"]


@pytest.fixture
def management(attacked: Client) -> Iterator[Management]:
    with attacked.server.manage() as management:
        yield management


@pytest.fixture
def bait() -> Iterator[tuple[int, list[ADDRESS]]]:
    """A port of this machine, and who connected to it."""
    visitors: list[ADDRESS] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):  # closed
                while True:
                    connection, address = listener.accept()
                    visitors.append(address)
                    connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1], visitors
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def models(management: Management) -> list[str]:
    found = management._call("GET", "/models")["models"]
    return [model["modelName"] for model in found]


def sent(client: Client, head: bytes, body: bytes = b"") -> bytes:
    """All that comes back to raw bytes until the server closes the connection."""
    host, _, port = client.server.inference.removeprefix("http://").partition(":")
    received = b""
    connection = socket.create_connection((host, int(port)), timeout=10)
    with connection, contextlib.suppress(ConnectionError):  # it need not read to the end
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        while chunk := connection.recv(1 << 16):
            received += chunk
    return received


def key(client: Client) -> bytes:
    return client.http.headers["Authorization"].encode()


# -- keys


@pytest.mark.parametrize("port", ["inference", "management"])
def test_without_the_right_key_nothing_is_answered(attacked: Client, seven: bytes, port: str) -> None:
    held = keys.read(attacked.server.directory)
    right = held.inference.value if port == "inference" else held.management.value
    other = held.management.value if port == "inference" else held.inference.value
    tried = ["", "Bearer", f"Basic {right}", right, f"Bearer {right}x", f"Bearer {right[:-1]}"]
    tried += [
        f"Bearer {right.swapcase()}",
        "Bearer AAAAAAAA",
        f"Bearer {other}",
        f"Bearer {held.api.value}",
        "Bearer null",
    ]
    url = attacked.server.inference if port == "inference" else attacked.server.management
    paths = ("/predictions/digits", "/explanations/digits", "/v2/models/digits/infer", "/ping", "/wfpredict/digits")
    if port == "management":
        paths = ("/models", "/models/digits", "/models/digits/1.0", "/models?url=digits.mar", "/workflows")
    with httpx.Client(base_url=url, trust_env=False) as client:
        for path in paths:
            for value in (None, *tried):
                header = {} if value is None else {"Authorization": value}
                answer = client.post(path, content=seven, headers=header)
                assert (answer.status_code, answer.json()["type"]) == (400, "InvalidKeyException"), (path, value)
        for method, path in (("DELETE", "/models/digits"), ("PUT", "/models/digits?min_worker=9"), ("GET", "/token")):
            assert client.request(method, path).status_code == 400


def test_a_key_that_was_renewed_opens_nothing(attacked: Client, management: Management, seven: bytes) -> None:
    old = management.keys
    management.renew("inference")
    management.renew("management")
    new = management.keys
    assert attacked.predict(seven).json()["type"] == "InvalidKeyException"
    refused = httpx.get(f"{attacked.server.management}/models", headers=old.management.header, trust_env=False)
    assert refused.json()["type"] == "InvalidKeyException"
    attacked.http.headers.update(new.inference.header)


# -- what may be loaded


def test_no_url_is_ever_fetched(management: Management, bait: tuple[int, list[ADDRESS]], store: Path) -> None:
    port, visitors = bait
    host = f"127.0.0.1:{port}"
    for url in (
        f"http://{host}/x.mar",
        f"HTTP://{host}/x.mar",
        f"https://{host}/x.mar",
        f"ftp://{host}/x.mar",
        f"jar:http://{host}/x.mar!/y.mar",
        f"http:{host}/x.mar",
        f"http:\\\\{host}\\x.mar",
        f" http://{host}/x.mar",
        f"\nhttp://{host}/x.mar",
        f"http://{host}/x.mar\n",
        f"http://user@{host}/x.mar?y=.mar#z.mar",
        f"http://localhost:{port}/x.mar",
        f"http://[::ffff:127.0.0.1]:{port}/x.mar",
        f"http://0x7f000001:{port}/x.mar",
        f"^$,http://{host}/x.mar",
        f"s3://{host}/x.mar",
        f"//{host}/x.mar",
        f"file://{store}/foreign.mar",
        f"file:{store}/digits.mar/x.mar",
        "",
    ):
        with pytest.raises(ManagementError, match=r": 40[0-9] "):
            management.register(url)
    assert visitors == []


def test_no_folder_is_taken_for_an_archive(management: Management, store: Path) -> None:
    """As TorchServe comes, these run: any folder of this machine, or of the store, that has an archive's files."""
    outside = store.parent / "outside"
    for url in (str(outside), f"{outside}/", str(store / "unpacked"), "unpacked", "unpacked/", "/etc", "logs", "."):
        with pytest.raises(ManagementError, match=r": 404 "):
            management.register(url)
    assert (outside / "model.safetensors").exists()


def test_nothing_is_loaded_but_what_was_started(management: Management, store: Path) -> None:
    assert {path.name for path in store.glob("*.mar")} == {"digits.mar", *FOREIGN}
    assert models(management) == ["digits"]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_broken_archive_registered_by_hand_harms_nobody(
    attacked: Client, seven: bytes, store: Path, name: str
) -> None:
    with attacked.server.manage("other") as other, pytest.raises(ManagementError, match=r": [45]0[0-9] "):
        other.register(name)
    assert attacked.predict(seven).json()["digit"] == 7
    assert not list(store.parent.parent.rglob("slipped.txt"))
    assert not list(attacked.server.scratch.rglob("slipped.txt"))


@pytest.mark.parametrize("which", ["none", "inference", "management"])
def test_workflows_are_not_there_for_anybody(attacked: Client, bait: tuple[int, list[ADDRESS]], which: str) -> None:
    """As TorchServe comes, the management key is enough to download a workflow and run it."""
    port, visitors = bait
    held = keys.read(attacked.server.directory)
    header = {"none": {}, "inference": held.inference.header, "management": held.management.header}[which]
    with httpx.Client(base_url=attacked.server.management, headers=header, trust_env=False) as client:
        for method, path in (
            ("GET", "/workflows"),
            ("GET", "/workflows/x"),
            ("POST", f"/workflows?url=http://127.0.0.1:{port}/x.war"),
            ("POST", "/workflows?url=digits.mar"),
            ("DELETE", "/workflows/x"),
            ("PUT", "/workflows/x"),
        ):
            answer = client.request(method, path)
            assert answer.status_code == (404 if which == "management" else 400), (method, path)
    assert visitors == []


# -- addresses, headers and bodies


@pytest.mark.parametrize(
    "path",
    [
        "/predictions/..",
        "/predictions/%2e%2e",
        "/predictions/..%2f..%2f..%2fetc%2fpasswd",
        "/predictions/../models",
        "/predictions/digits/%2e%2e%2f1.0",
        "/predictions/digits/../../models/digits",
        "/predictions/digits%00",
        "/predictions/digits%00.png",
        "/predictions/digits%0d%0aX-Evil:%20yes",
        "/predictions/%zz",
        "/predictions/%c0%ae%c0%ae",
        "/predictions/digits;x=1",
        "/predictions/DIGITS",
        "/predictions/digits/" + "9" * 3000,
        "/predictions/" + "a" * 3000,
        "/predictions/" + "../" * 1000,
        "/explanations/%2e%2e",
        "/v1/models/..:predict",
        "/v2/models/%2e%2e/infer",
        "/models",
        "/models/digits",
        "/workflows",
        "/wfpredict/digits",
        "/metrics",
        "/token?type=inference",
        "//predictions//..//digits",
        "/predictions",
        "/",
        "http://127.0.0.1/models",
    ],
)
def test_no_path_leads_anywhere_but_to_the_model(attacked: Client, path: str) -> None:
    received = sent(attacked, b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n" % (path.encode(), key(attacked)))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.1 404", b"HTTP/1.1 405")), received
    assert b"X-Evil" not in head
    assert b"root:" not in body


@pytest.mark.parametrize("size", [12_000, 1_000_000])
@pytest.mark.parametrize("kind", ["a header", "many headers", "the address", "a header that never ends"])
def test_a_flood_of_headers_is_cut_off(attacked: Client, seven: bytes, kind: str, size: int) -> None:
    path = b"/predictions/digits" + (b"?" + b"a" * size if kind == "the address" else b"")
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n" % (path, key(attacked))
    match kind:
        case "a header":
            head += b"X-A: " + b"b" * size + b"\r\n"
        case "many headers":
            head += b"X-A: b\r\n" * (size // 8)
        case "a header that never ends":
            head += b"X-A: " + b"b" * size
    received = sent(attacked, head, seven)  # returns because the server closes
    assert received == b"" or received.startswith(b"HTTP/1.1 4"), received[:200]
    assert b'"digit"' not in received


def bombs_by_name() -> dict[str, bytes]:
    """Requests that ask for far more memory or time than they have bytes."""
    largest = saved(Image.new("L", (4096, 4096)), "PNG")
    return {
        "30,000 x 30,000 PNG": png(30_000, 30_000, 8, 0, b"\0"),
        "the largest PNG allowed, all black": largest,
        "PNG with 32 MiB of compressed text": bombs.text_png(32 << 20),
        "PNG with 32 MiB of colour profile": bombs.profile_png(32 << 20),
        "PNG with far more rows than it says": png(28, 28, 8, 0, bytes(32 << 20)),
        "GIF of 500 frames": bombs.gif(500),
        "GIF of 65,535 x 65,535": bombs.wide(saved(digit(7), "GIF"), 6, 2),
        "TIFF of 500 pages": bombs.tiff(500),
        "TIFF whose pages go round in a circle": bombs.circular_tiff(),
        "TIFF of 4 GiB strips": bombs.strip_tiff(),
        "BMP of 65,535 x 65,535": bombs.wide(saved(digit(7), "BMP"), 18, 4),
        "JSON 5 million deep": b'{"x":' + b"[" * 5_000_000,
        "JSON 1,000 deep": b'{"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
        "a number of 5 million digits": b'{"x":[' + b"9" * 5_000_000 + b"]}",
        "numbers of 1e308": json.dumps({"x": [1e308] * 784}).encode(),
        "a tensor of 10^18 images": b'{"inputs":[{"shape":[1000000000000000000,784],"datatype":"FP32","data":[]}]}',
        "a tensor of negative size": b'{"inputs":[{"shape":[-1,784],"datatype":"FP32","data":[]}]}',
        "4,096 files of one pixel": bombs.instances([saved(Image.new("L", (1, 1)), "GIF")] * 4096),
        "five of the largest PNGs": bombs.instances([largest] * 5),
        "a million keys": json.dumps(dict.fromkeys(map(str, range(500_000)), 0)).encode(),
    }


def test_bombs_are_answered_and_leave_the_workers_memory_as_it_was(attacked: Client) -> None:
    thrown = bombs_by_name()
    (worker,) = map(psutil.Process, attacked.workers())

    def throw() -> int:
        for name, bomb in thrown.items():
            kind = "application/json" if bomb.startswith(b"{") else "application/octet-stream"
            answer = attacked.predict(bomb, kind)
            assert answer.status_code in (200, 400, 413), (name, answer.text[:200])
        return worker.memory_info().rss

    first = throw()
    assert max(throw() for _ in range(3)) < first + MOST_RSS
