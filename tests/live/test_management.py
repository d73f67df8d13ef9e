"""Rolling out, scaling and renewing keys with the management API."""

from collections.abc import Iterator

import httpx
import pytest

from serving.archives.record import Archive
from serving.torchserve import keys
from serving.torchserve.management import Management, ManagementError

from .changes.conftest import repack
from .conftest import Client, serve, until


@pytest.fixture(scope="module")
def own(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Yield a server that these tests may change."""
    with serve(tmp_path_factory.mktemp("managed"), archive) as client:
        yield client


@pytest.fixture
def management(own: Client) -> Iterator[Management]:
    with own.server.manage() as management:
        yield management


@pytest.fixture(scope="module")
def second_version(archive: Archive) -> str:
    return repack(archive, archive.path.parent, "2.0").path.name


def test_describe_tells_settings_workers_and_queue(management: Management) -> None:
    (description,) = management.describe()
    assert (description["modelName"], description["modelVersion"]) == ("digits", "1.0")
    assert (description["batchSize"], description["maxBatchDelay"]) == (64, 1)
    assert (description["responseTimeout"], description["startupTimeout"]) == (60, 120)
    assert [worker["status"] for worker in description["workers"]] == ["READY"]


def test_the_model_card(own: Client) -> None:
    header = keys.read(own.server.directory).management.header
    url = f"{own.server.management}/models/digits"
    response = httpx.get(url, params={"customized": "true"}, headers=header, trust_env=False)
    card = response.json()[0]["customizedMetadata"]
    assert card["model"]["name"] == "digits"
    assert len(card["model"]["weights"]) == 64
    assert card["metrics"]["test_accuracy"] > 0.99
    assert card["preset"] == "default"
    assert len(card["data"]) == 4
    assert card["versions"].keys() >= {"torch", "numpy", "python"}


def test_scale_up_and_down(own: Client, management: Management, seven: bytes) -> None:
    before = own.workers()
    management.scale(2)
    scaled = own.workers()
    assert len(scaled) == 2
    assert set(before) < set(scaled)
    assert own.predict(seven).json()["digit"] == 7
    management.scale(1)
    (left,) = own.workers()
    assert left in scaled
    assert own.predict(seven).json()["digit"] == 7


def test_roll_out_a_second_version(own: Client, management: Management, seven: bytes, second_version: str) -> None:
    def answering(path: str) -> str:
        version: str = own.http.post(path, content=seven).json()["model"]["version"]
        return version

    management.register(second_version)
    assert answering("/predictions/digits") == "1.0"
    assert answering("/predictions/digits/2.0") == "2.0"
    management.set_default("2.0")
    assert answering("/predictions/digits") == "2.0"
    assert answering("/predictions/digits/1.0") == "1.0"
    management.unregister("1.0")
    assert own.http.post("/predictions/digits/1.0", content=seven).status_code == 404
    assert [model["modelVersion"] for model in management.describe("all")] == ["2.0"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x.mar", "https://example.invalid/x.mar", "file:///etc/x.mar"])
def test_archives_come_from_nowhere_but_the_model_store(management: Management, url: str) -> None:
    with pytest.raises(ManagementError, match=r"404|400|403"):
        management.register(url)


def test_the_inference_key_manages_nothing(own: Client) -> None:
    header = keys.read(own.server.directory).inference.header
    response = httpx.delete(f"{own.server.management}/models/digits", headers=header, trust_env=False)
    assert response.status_code == 400
    assert response.json()["type"] == "InvalidKeyException"


def test_expired_keys_are_refused_and_renewed(
    archive: Archive, tmp_path_factory: pytest.TempPathFactory, seven: bytes
) -> None:
    minute = {"token_expiration_min": "1"}
    with serve(tmp_path_factory.mktemp("short-lived"), archive, **minute) as client:
        old = keys.read(client.server.directory)
        assert client.predict(seven).json()["digit"] == 7
        until(lambda: client.predict(seven).is_error, seconds=90)
        assert client.predict(seven).json()["type"] == "InvalidKeyException"
        until(lambda: old.inference.expired and old.management.expired, seconds=5)
        with client.server.manage() as management:
            assert management.describe()[0]["modelName"] == "digits"
            new = management.keys
        assert new.inference.value != old.inference.value
        assert new.management.value != old.management.value
        client.http.headers.update(new.inference.header)
        assert client.predict(seven).json()["digit"] == 7
