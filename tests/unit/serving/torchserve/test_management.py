"""Requests to the management API."""

from pathlib import Path

import pytest

from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import READY, Version


def test_a_model_whose_name_begins_like_the_address_of_keys_is_managed(tmp_path: Path) -> None:
    with fake_torchserve.fake(tmp_path / "run") as fake:
        fake.models["tokenizer"] = {"token-1": Version("tokenizer.mar", [{"pid": 1, "status": READY}])}
        fake.defaults["tokenizer"] = "token-1"
        with fake.server.manage("tokenizer") as management:
            (described,) = management.describe("token-1")
            assert (described["modelName"], management.pending()) == ("tokenizer", 0)
            management.unregister("token-1")
        assert fake.models["tokenizer"] == {}


def test_a_key_is_renewed_once_inference_requests_had_two_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_torchserve.fake(tmp_path / "run") as fake:
        get = fake.get
        calls: list[list[str]] = []

        def noted(parts: list[str]) -> object:
            calls.append(parts)
            return get(parts)

        monkeypatch.setattr(fake, "get", noted)
        with fake.server.manage() as management:
            management.renew("inference")
            assert calls == [[""], [""], ["token"]]
            management.renew("management")
    assert calls[3:] == [["token"]], "no request to infer has this key"
