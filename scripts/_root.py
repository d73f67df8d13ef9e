"""What all scripts share: the repository's packages are found wherever a script starts, and errors are one sentence."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from serving.errors import UserError  # noqa: E402 - it is found only now

_INTERRUPTED = 130


def run(main: Callable[[], int]) -> None:
    """Exit with the status that ``main`` returns. An error of the user's is one sentence on stderr, and status 1."""
    try:
        status = main()
    except UserError as error:
        status = failed(str(error))
    except OSError as error:
        status = failed(sentence(error))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        status = _INTERRUPTED
    sys.exit(status)


def failed(text: str) -> int:
    """Print an error in one line, and return the status to exit with."""
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 1


def sentence(error: OSError) -> str:
    """Return what the system refused, and what to do about it."""
    name = f"{os.fspath(error.filename)}: " if isinstance(error.filename, str | Path) else ""
    remedies: dict[type[OSError], str] = {
        FileNotFoundError: "name a file that exists",
        IsADirectoryError: "name a file, not a folder",
        NotADirectoryError: "name a folder, not a file",
        PermissionError: "run this as the user to whom it belongs",
    }
    remedy = remedies.get(type(error), "see to that, and try again")
    return f"{name}{error.strerror or error}: {remedy}"
