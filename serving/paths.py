"""Paths of files and folders in this repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "model"  # package of the model that scripts/up serves
BUNDLE = ROOT / "bundles" / "default" / "model.safetensors"
STORE = ROOT / "model_store"
HANDLER = ROOT / "handlers" / "inference_handler.py"
MODEL_CONFIG = ROOT / "serving" / "archives" / "model-config.yaml"
RUN = ROOT / ".run"
METRICS = "metrics"  # folder in a run folder for the counters of the workers
KEYS = ROOT / ".keys"  # signing key of archives, and trusted public keys
COMMANDS = ROOT / "scripts" / "commands"  # ``python COMMANDS NAME ...`` is scripts/NAME in this environment


def archive(name: str) -> Path:
    """Return the path at which ``scripts/package`` builds the archive of a model."""
    return STORE / f"{name}.mar"
