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
_POLICY = "OMP_WAIT_POLICY"  # scripts/train chooses one unless told otherwise


class Apart(Environment):
    """An environment that sees nothing of the product's: it is to run as it would without us."""

    def _link(self) -> None:
        pass


@dataclass(frozen=True)
class Trainer:
    """A training in a process of its own.

    name       short, for keys
    title      for tables
    settings   what decides its figures, for tables
    command    started in the repository; ``{data}`` stands for the folder of arrays,
               ``{seed}`` for the seed, ``{out}`` for a folder to write to
    variables  added to the process's environment
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
