"""Settings of a node: config.properties, overridden by the settings in its run folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference import files
from serving.state import StateFile
from serving.torchserve import properties
from serving.torchserve.properties import SettingsError

DEFAULT = "default"
# In the order in which ``ports`` numbers them.
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


def _ports(content: dict[str, Any]) -> dict[str, str]:
    """Check the content of the file. Raises KeyError, TypeError or ValueError if ``remember`` did not write it."""
    if strange := content.keys() - set(_PORTS):
        raise KeyError(min(strange))
    for value in content.values():
        int(value.rpartition(":")[2] if isinstance(value, str) else "none")
    return content


def _by_origin(content: dict[str, Any]) -> dict[str, dict[str, str]]:
    origins = {origin: dict(content[origin]) for origin in ("files", "given")}
    if not all(isinstance(value, str) for values in origins.values() for value in values.values()):
        raise TypeError("a setting is no text")
    return origins


_CHANGES = StateFile("settings.json", _ports, "remove it, and the node has the ports of config.properties")
_STARTED = StateFile("started.json", _by_origin, "remove it")


def read(directory: Path) -> dict[str, str]:
    """Return the settings of the node in a run folder by name. Raises SettingsError or StateError."""
    values = properties.read() | remembered(directory)
    for name in _PORTS:
        properties.port(values, name)
    if not values.get("default_workers_per_model", "").isdecimal():
        raise SettingsError(f"{properties.FILE.name} has no number at default_workers_per_model: correct it")
    return values


def remembered(directory: Path) -> dict[str, str]:
    """Return the settings in the run folder that override config.properties; none at first. Raises StateError."""
    return _CHANGES.read(directory) or {}


def note(directory: Path, given: Mapping[str, str]) -> None:
    """Save the settings of a start: those of the files, and the ``given`` ones that override them."""
    _STARTED.write(directory, {"files": read(directory), "given": dict(given)})


def noted(directory: Path) -> dict[str, str]:
    """Return the settings of the node's last start, or those of the files if it was never started."""
    origins = _STARTED.read(directory)
    return {**origins["files"], **origins["given"]} if origins else read(directory)


def changed(directory: Path) -> list[str]:
    """Return a sentence with both values for each setting whose file has changed since the node was started."""
    started, now = _STARTED.read(directory), read(directory)
    then = started["files"] if started else now
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return [f"{name} was {then.get(name, 'not there')} and is {now.get(name, 'not there')}" for name in names]


def ports(first: str) -> dict[str, str]:
    """Return settings that number all eight ports from ``first`` on; none for ``default``. Raises SettingsError."""
    if first == DEFAULT:
        return {}
    most = _LAST - len(_PORTS) + 1
    if not (first.isascii() and first.isdigit() and _FIRST <= int(first) <= most):
        raise SettingsError(f"--ports takes a number from {_FIRST} to {most} or the word {DEFAULT}, not {first}")
    usual = properties.read()
    return {name: _moved(usual[name], int(first) + place) for place, name in enumerate(_PORTS)}


def remember(directory: Path, changes: dict[str, str]) -> None:
    """Save the settings that override config.properties from the next start on, in place of all earlier ones."""
    files.make_folder(directory, files.PRIVATE_FOLDER)
    _CHANGES.write(directory, changes)


def _moved(setting: str, port: int) -> str:
    host, colon, _ = setting.rpartition(":")
    return f"{host}{colon}{port}"
