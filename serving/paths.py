"""Paths of files and folders in this repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "model"  # the package of the model that scripts/up serves
BUNDLE = ROOT / "bundles" / "default" / "model.safetensors"
STORE = ROOT / "model_store"
HANDLER = ROOT / "handlers" / "inference_handler.py"
MODEL_CONFIG = ROOT / "serving" / "archives" / "model-config.yaml"
RUN = ROOT / ".run"
METRICS = "metrics"  # in a run's folder: what its workers count
KEYS = ROOT / ".keys"  # what archives are signed with, and whose signatures are trusted
COMMANDS = ROOT / "scripts" / "commands"  # ``python COMMANDS NAME ...`` is scripts/NAME in this environment


def archive(name: str) -> Path:
    """Return where ``scripts/package`` builds the archive of a model."""
    return STORE / f"{name}.mar"
