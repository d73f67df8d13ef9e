"""A node's settings, with the ports that its run folder changes."""

from pathlib import Path

import pytest

from serving.state import StateError
from serving.torchserve import properties, settings
from serving.torchserve.properties import SettingsError


def test_a_new_node_has_the_settings_of_the_file(tmp_path: Path) -> None:
    assert settings.read(tmp_path / "new") == properties.read()


def test_the_ports_move_together_and_are_remembered(tmp_path: Path) -> None:
    settings.remember(tmp_path / "node", settings.ports("9000"))
    moved = settings.read(tmp_path / "node")
    assert moved["inference_address"] == "http://127.0.0.1:9000"
    assert moved["gateway_address"] == "https://127.0.0.1:9006"
    assert moved["grpc_management_port"] == "9005"
    changed = {name for name, value in properties.read().items() if moved[name] != value}
    ports = {properties.port(moved, name) for name in changed}
    assert ports == set(range(9000, 9008))


def test_every_port_of_the_file_moves() -> None:
    named = {name for name, value in properties.read().items() if name.endswith("_port") or value.count(":") == 2}
    assert named == set(settings.ports("9000"))


def test_the_word_default_takes_the_ports_back(tmp_path: Path) -> None:
    settings.remember(tmp_path, settings.ports("9000"))
    settings.remember(tmp_path, settings.ports("default"))
    assert settings.read(tmp_path) == properties.read()


@pytest.mark.parametrize("first", ["", "80", "-1", "65529", "nine", "٩٠٠٠", "9000.5"])
def test_what_is_no_port_is_refused(first: str) -> None:
    with pytest.raises(SettingsError, match="--ports takes a number from 1024 to 65528 or the word default"):
        settings.ports(first)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"model_store": "/etc"}', '{"inference_address": 8080}', '{"health_address": "http://a:b"}']
)
def test_a_damaged_file_of_settings_names_the_remedy(tmp_path: Path, content: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(StateError, match=r"settings\.json is damaged .*: remove it, and the node has the ports of"):
        settings.read(tmp_path)


def test_a_port_that_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {**properties.read(), "health_address": "http://127.0.0.1"}
    monkeypatch.setattr(properties, "read", lambda: config)
    with pytest.raises(SettingsError, match=r"^health_address=http://127\.0\.0\.1 is not a port: correct config"):
        settings.read(tmp_path)


def test_what_changed_since_the_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.changed(tmp_path) == []
    settings.note(tmp_path, {"health_address": "http://127.0.0.1:1"})
    assert settings.changed(tmp_path) == []
    assert settings.noted(tmp_path)["health_address"] == "http://127.0.0.1:1"
    config = {**properties.read(), "job_queue_size": "7", "extra": "1"}
    del config["gateway_log"]
    monkeypatch.setattr(properties, "read", lambda: config)
    assert settings.changed(tmp_path) == [
        "job_queue_size was 4096 and is 7",
        "gateway_log was errors and is not there",
        "extra was not there and is 1",
    ]
