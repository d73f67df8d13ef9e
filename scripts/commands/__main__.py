"""Entry point of all commands: ``scripts/NAME`` runs ``python scripts/commands NAME ARGUMENT...``.

An error that the user can mend is one sentence on stderr, with status 1. Ctrl-C ends a command with status 130.
"""

import importlib
import os
import sys
from pathlib import Path

_INTERRUPTED = 130
_REMEDIES: dict[type[OSError], str] = {
    FileNotFoundError: "name a file that exists",
    IsADirectoryError: "name a file, not a folder",
    NotADirectoryError: "name a folder, not a file",
    PermissionError: "run this as the user to whom it belongs",
}


def main(name: str) -> int:
    """Run a command with the arguments in ``sys.argv``, and return the status to exit with."""
    from serving.errors import UserError

    hint = ""
    try:
        command = importlib.import_module(f"scripts.commands.{name}")
        hint = getattr(command, "RESUME", "")
        return int(command.main())
    except UserError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(_sentence(error))
    except KeyboardInterrupt:
        print(f"stopped: {hint}" if hint else "stopped", file=sys.stderr)
        return _INTERRUPTED


def _failed(text: str) -> int:
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 1


def _sentence(error: OSError) -> str:
    """Return what the system refused, and what to do about it."""
    name = f"{os.fspath(error.filename)}: " if isinstance(error.filename, str | Path) else ""
    return f"{name}{error.strerror or error}: {_REMEDIES.get(type(error), 'see to that, and try again')}"


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path[0] = str(root)  # instead of this folder, whose modules would hide some of the standard library
    sys.argv[:2] = [str(root / "scripts" / sys.argv[1])]
    sys.exit(main(Path(sys.argv[0]).name))
