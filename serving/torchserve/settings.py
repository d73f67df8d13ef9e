"""A node's settings: config.properties, and over it what its run folder remembers."""

import json
from pathlib import Path

from model import files
from serving.torchserve import properties

DEFAULT = "default"
_FILE = "settings.json"
# In the order of their ports.
_PORTS = (
    "inference_address",
    "management_address",
    "metrics_address",
    "health_address",
    "grpc_inference_port",
    "grpc_management_port",
    "gateway_address",
    "gateway_metrics_address",
)
_FIRST, _LAST = 1024, 65535


class SettingsError(Exception):
    """Settings that a node cannot have."""


def read(directory: Path) -> dict[str, str]:
    """The settings of the node in a run folder, by name."""
    return properties.read() | remembered(directory)


def remembered(directory: Path) -> dict[str, str]:
    """Return the settings that the run folder has over config.properties; none at first."""
    try:
        return dict(json.loads((directory / _FILE).read_text()))
    except FileNotFoundError:
        return {}


def ports(first: str) -> dict[str, str]:
    """The settings that move all ports to the eight from ``first`` on; none for ``default``. Raises SettingsError."""
    if first == DEFAULT:
        return {}
    most = _LAST - len(_PORTS) + 1
    if not (first.isascii() and first.isdigit() and _FIRST <= int(first) <= most):
        raise SettingsError(f"--ports takes a number from {_FIRST} to {most} or the word {DEFAULT}, not {first}")
    usual = properties.read()
    return {name: _moved(usual[name], int(first) + place) for place, name in enumerate(_PORTS)}


def remember(directory: Path, changes: dict[str, str]) -> None:
    """Have the node in a run folder use these settings from its next start on, and no others over config.properties."""
    files.make_folder(directory, files.PRIVATE_FOLDER)
    files.replace_json(directory / _FILE, changes)


def _moved(setting: str, port: int) -> str:
    host, colon, _ = setting.rpartition(":")
    return f"{host}{colon}{port}"
