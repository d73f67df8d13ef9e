"""Write what scripts/up costs to the README, from the numbers that scripts/measure took."""

import argparse
import re
from pathlib import Path

from serving.paths import ROOT

COST, README = ROOT / "docs" / "cost.txt", ROOT / "README.md"
_SECTION = re.compile(r"(<!-- cost: made by scripts/measure -->\n).*?(<!-- /cost -->)", re.DOTALL)


def numbers(path: Path = COST) -> dict[str, int]:
    """The numbers of the file, by name."""
    lines = (line.split() for line in path.read_text().splitlines() if not line.startswith("#"))
    return {name: int(value) for name, value in lines}


def sentence(cost: dict[str, int]) -> str:
    """The README's paragraph. Seconds are of a machine with so many cores and a near package registry."""
    gigabytes, cores = f"{cost['environment_megabytes'] / 1000:.1f}", cost["cores"]
    size, seconds = cost["onnx_megabytes"], cost["onnx_seconds"]
    install, train = (f"{cost[name] / 60:.1f}" for name in ("install_seconds", "train_seconds"))
    return (
        f"It says first what it takes. The installation needs {gigabytes} GB in `.venv`. It took {install} minutes,\n"
        f"and training {train}, where both were measured ({cores} cores, a near package registry).\n"
        f"Models of your own alone, by `scripts/up --models DIR`, need no PyTorch: {size} MB, installed\n"
        f"in {seconds} seconds. A slow network makes it longer. Everything is in this folder: `scripts/down`,\n"
        "then `rm -rf .venv data bundles model_store/*.mar* .run .keys` removes it.\n"
    )


def written(readme: str, cost: dict[str, int]) -> str:
    """The README with that paragraph. Raises ValueError if it has no place for it."""
    if not _SECTION.search(readme):
        raise ValueError("README.md has no section for the cost")
    return _SECTION.sub(lambda found: f"{found[1]}{sentence(cost)}{found[2]}", readme)


def run(_: argparse.Namespace) -> int:
    README.write_text(written(README.read_text(), numbers()))
    print(sentence(numbers()))
    return 0
