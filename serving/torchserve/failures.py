"""Reasons for failed loads of a model, read from TorchServe's logs, because TorchServe retries for minutes."""

import re
from collections.abc import Iterator
from pathlib import Path

from serving import log

_FILES = ("console.log", "ts_log.log", "model_log.log")
_TOLD = "Failed to load model"  # logged by a worker of the model, or by TorchServe for the archive that it starts with
_DIED = "Load model failed: {}, error: Worker died."
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b.*")  # the last line of a traceback


def lines(logs: Path) -> Iterator[str]:
    """Yield the lines of TorchServe's logs in a folder."""
    for path in (logs / name for name in _FILES):
        if path.exists():
            yield from path.read_text(errors="replace").splitlines()


def of_model(logs: Path, model: str) -> list[str]:
    """Return a sentence for each time that a worker of a model could not load it, or died again while it loaded it.

    A single death is ignored, because the worker may have been killed.
    """
    logged = list(lines(logs))
    own = (f"{_TOLD} {model},", f"{_TOLD}:")
    messages = [log.message(line) for line in logged if any(words in line for words in own)]
    deaths = sum(_DIED.format(model) in line for line in logged)
    return messages + [f"a worker died while it loaded the model: {_error(logged, model)}"] * (deaths - 1)


def _error(logged: list[str], model: str) -> str:
    """Return the last error that a worker of the model printed."""
    printed = [log.message(line) for line in logged if f"-{model}_" in line and "-stdout" in line]
    errors = [text for text in printed if _ERROR.fullmatch(text)]
    return errors[-1] if errors else "read logs/model_log.log"
