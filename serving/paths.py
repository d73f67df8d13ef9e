"""Where things are in this repository, and what the model is called."""

from pathlib import Path

NAME = "digits"
ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "bundles" / "default" / "model.safetensors"
ARCHIVE = ROOT / "model_store" / f"{NAME}.mar"
HANDLER = ROOT / "handlers" / "inference_handler.py"
MODEL_CONFIG = ROOT / "serving" / "archives" / "model-config.yaml"
RUN = ROOT / ".run"
METRICS = "metrics"  # in a run's folder: what its workers count
KEYS = ROOT / ".keys"  # what archives are signed with, and whose signatures are trusted
COMMANDS = ROOT / "scripts" / "commands"  # ``python COMMANDS NAME ...`` is scripts/NAME in this environment
