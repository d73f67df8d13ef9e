"""Reader and writer of config.properties, the only table of TorchServe's settings."""

from collections.abc import Mapping
from pathlib import Path

from serving.errors import UserError
from serving.paths import ROOT

FILE = ROOT / "config.properties"
PORTS = {
    "inference_address": "inference",
    "management_address": "management",
    "metrics_address": "metrics",
    "grpc_inference_port": "gRPC inference",
    "grpc_management_port": "gRPC management",
}


class SettingsError(UserError):
    """Error about invalid settings of a node."""


def read(path: Path = FILE) -> dict[str, str]:
    """Return the settings of a properties file by name. Raises FileNotFoundError; SettingsError if it is unreadable."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not a readable text file: restore it ({error})") from error
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def write(settings: dict[str, str], path: Path) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def archive(settings: Mapping[str, str]) -> Path:
    """Return the archive that the settings name, which a new node serves. Raises SettingsError if they name none."""
    try:
        return ROOT / settings["model_store"] / settings["load_models"]
    except KeyError as error:
        raise SettingsError(f"{FILE.name} has no {error.args[0]}: add it") from error


def number(settings: Mapping[str, str], key: str) -> int:
    """Return a setting as a whole number. Raises KeyError; SettingsError if it is not a number."""
    try:
        return int(settings[key])
    except ValueError as error:
        raise SettingsError(f"{key}={settings[key]} is not a whole number: correct {FILE.name}") from error


def flag(settings: Mapping[str, str], key: str) -> bool:
    """Return a setting as a bool. Raises KeyError; SettingsError if it is neither true nor false."""
    if settings[key] not in ("true", "false"):
        raise SettingsError(f"{key}={settings[key]} is neither true nor false: correct {FILE.name}")
    return settings[key] == "true"


def port(settings: Mapping[str, str], key: str) -> int:
    """Return the port in a setting. Raises SettingsError if it names none."""
    try:
        return int(settings[key].rpartition(":")[2])
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{key}={settings.get(key, '')} is not a port: correct {FILE.name}") from error
