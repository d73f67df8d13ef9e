"""config.properties: the one table of TorchServe's settings."""

from pathlib import Path

from serving.paths import ROOT

FILE = ROOT / "config.properties"
PORTS = {
    "inference_address": "inference",
    "management_address": "management",
    "metrics_address": "metrics",
    "grpc_inference_port": "gRPC inference",
    "grpc_management_port": "gRPC management",
}


def read(path: Path = FILE) -> dict[str, str]:
    """The settings of a properties file, by name."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def write(settings: dict[str, str], path: Path) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def port(settings: dict[str, str], key: str) -> int:
    """The port that a setting of PORTS names."""
    return int(settings[key].rpartition(":")[2])
