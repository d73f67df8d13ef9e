"""Write the cost of scripts/up into the README, from the numbers that scripts/measure took."""

import argparse
from pathlib import Path

from serving.paths import ROOT
from training.reports.markdown import section

COST, README = ROOT / "docs" / "cost.txt", ROOT / "README.md"


def numbers(path: Path = COST) -> dict[str, int]:
    """Return the numbers in the file, by name."""
    lines = (line.split() for line in path.read_text().splitlines() if not line.startswith("#"))
    return {name: int(value) for name, value in lines}


def sentence(cost: dict[str, int]) -> str:
    """Return the README's paragraph on installation time and size."""
    gigabytes, cores = f"{cost['environment_megabytes'] / 1000:.1f}", cost["cores"]
    size, seconds = cost["onnx_megabytes"], cost["onnx_seconds"]
    install, train = (f"{cost[name] / 60:.1f}" for name in ("install_seconds", "train_seconds"))
    return (
        f"The installation takes {install} minutes and {gigabytes} GB, and training takes {train} minutes\n"
        f"({cores} cores, fast network). `scripts/up --models DIR` serves only your own models: it needs no PyTorch,\n"
        f"{seconds} seconds and {size} MB. To remove everything, run `scripts/down` and\n"
        "`rm -rf .venv data bundles model_store/*.mar* .run .keys`.\n"
    )


def written(readme: str, cost: dict[str, int]) -> str:
    """Return the README with that paragraph. Raises ValueError if the README has no section for it."""
    return section(readme, "cost", sentence(cost))


def run(_: argparse.Namespace) -> None:
    README.write_text(written(README.read_text(), numbers()))
    print(sentence(numbers()))
