"""Trainers of the comparison, and their commands."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.environment import Environment
from serving.paths import COMMANDS, ROOT
from training.data import split
from training.fit import presets

_HERE = Path(__file__).parent
PRESET = "quick"
SEED, PRODUCT, ASLEEP = "keras", "product", "product-asleep"
_POLICY = "OMP_WAIT_POLICY"  # scripts/train sets this variable if it is not set


class Apart(Environment):
    """Environment without the packages of the product."""

    def _link(self) -> None:
        pass


@dataclass(frozen=True)
class Trainer:
    """Training in a separate process.

    name       short name for keys
    title      name in tables
    settings   important settings, for tables
    command    runs in the root of the repository, after replacement of ``{data}`` (folder of arrays), ``{seed}``, and
               ``{out}`` (output folder)
    variables  additional environment variables
    """

    name: str
    title: str
    settings: str
    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def line(self, data: Path, out: Path, seed: int) -> list[str]:
        known = {"{data}": str(data), "{seed}": str(seed), "{out}": str(out)}
        return [known.get(part, part) for part in self.command]


def keras() -> Environment:
    return Apart(ROOT / ".venv-bench" / "keras", _HERE / "requirements.txt")


def trainers() -> list[Trainer]:
    classic = "5 epochs, batches of 32"
    preset = presets.load(PRESET)
    quick = f"{preset.epochs} epochs, batches of {preset.batch}, 1 image in {1 / split.VALIDATION:.0f} kept to validate"
    product = (sys.executable, "-m", "benchmarks.training.product_loop", PRESET, "{seed}")
    script = (sys.executable, str(COMMANDS), "train", "--preset", PRESET, "--seed", "{seed}", "--out", "{out}")
    keras_seed = (str(keras().python), str(_HERE / "keras_seed.py"), "{data}")
    dataloader = (sys.executable, str(_HERE / "dataloader_loop.py"), "{data}", "{seed}")
    return [
        Trainer(SEED, "Keras, the seed's code", classic, keras_seed),
        Trainer("dataloader", "PyTorch, the usual DataLoader loop", classic, dataloader),
        Trainer(PRODUCT, f"this product, preset `{PRESET}`", quick, product),
        Trainer(ASLEEP, f"the same with `{_POLICY}=PASSIVE`", "threads wait asleep", product, {_POLICY: "PASSIVE"}),
        Trainer("command", f"`scripts/train --preset {PRESET}`", "also calibrates, measures and draws", script),
    ]
