"""The lazy module in place of torch, each time in a process that has not imported torch."""

import subprocess
import sys

import pytest
import torch

from handlers import lazy_torch
from serving.paths import ROOT

START = """
import sys
from handlers import lazy_torch
lazy_torch.install()
import torch
assert type(torch).__name__ == "LazyTorch"
assert "torch._C" not in sys.modules
"""


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", START + code], cwd=ROOT, check=True, timeout=240)


@pytest.mark.parametrize(
    "use",
    [
        "assert not isinstance(b'', torch.Tensor); assert float(torch.ones(2).sum()) == 2.0",
        "from torch import nn; assert nn.Linear(2, 3).weight.shape == (3, 2)",
    ],
)
def test_what_is_used_is_torch(use: str) -> None:
    run(f"{use}\nassert type(sys.modules['torch']).__name__ == 'module'")


def test_once_it_is_removed_torch_is_imported_as_ever() -> None:
    run("lazy_torch.remove()\nimport torch.nn\nassert torch.nn.Linear(2, 3).weight.shape == (3, 2)")


def test_what_is_imported_already_stays() -> None:
    lazy_torch.install()
    assert sys.modules["torch"] is torch
    lazy_torch.remove()
    assert sys.modules["torch"] is torch


def test_the_worker_and_the_default_format_use_none_of_it() -> None:
    run(
        "import ts.model_service_worker\n"
        "lazy_torch.remove()\n"
        "import handlers.inference_handler, inference.runtimes.numpy, inference.golden\n"
        "assert 'torch' not in sys.modules"
    )
