"""Entry point of all commands: ``scripts/NAME`` runs ``python scripts/commands NAME ARGUMENT...``.

An error that the user can correct is one sentence on stderr, with status 1. A wrong argument has status 2. Ctrl-C ends
a command with status 130. ``python scripts/commands --accept NAME ARGUMENT...`` only checks the arguments. ``--lock``
prints the lock in requirements/ that they need. Both modes need only the standard library.
"""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

_WRONG, _HELP_SHOWN, _INTERRUPTED = 2, 3, 130  # scripts/environment uses _HELP_SHOWN
_MODES = ("--accept", "--lock")
_REMEDIES: dict[type[OSError], str] = {
    FileNotFoundError: "name a file that exists",
    IsADirectoryError: "name a file, not a folder",
    NotADirectoryError: "name a folder, not a file",
    PermissionError: "run this as the user to whom it belongs",
}


def main(name: str, words: list[str], mode: str = "") -> int:
    """Run a command, or only check its arguments or print its lock, by the ``mode``. Return the exit status."""
    try:
        if mode == "--lock":
            print(_arguments().of(name).lock(_arguments().parse(name, words)))
            return 0
        return _accept(name, words) if mode == "--accept" else _run(name, words)
    except KeyboardInterrupt:
        resume = getattr(sys.modules.get(f"scripts.commands.{name}"), "RESUME", "")
        print(f"stopped: {resume}" if resume else "stopped", file=sys.stderr)
        return _INTERRUPTED


def _run(name: str, words: list[str]) -> int:
    from scripts.output import lower_priority
    from serving.errors import UserError

    try:
        args = _arguments().parse(name, words)
        if _arguments().of(name).has_low_priority(args):
            lower_priority()  # before the imports, which take most of the time
        return int(importlib.import_module(f"scripts.commands.{name}").run(args) or 0)
    except UserError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(_sentence(error))


def _accept(name: str, words: list[str]) -> int:
    """Return 0 if the arguments are valid; another status if they are wrong or help was shown."""
    try:
        _arguments().parse(name, words)
    except SystemExit as ended:
        return _WRONG if ended.code else _HELP_SHOWN
    return 0


def _arguments() -> ModuleType:
    """Return the package of arguments. It can only be imported after ``sys.path`` is set."""
    return importlib.import_module("scripts.arguments")


def _failed(text: str) -> int:
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 1


def _sentence(error: OSError) -> str:
    """Return the error of the system, and its remedy."""
    name = f"{os.fspath(error.filename)}: " if isinstance(error.filename, str | Path) else ""
    return f"{name}{error.strerror or error}: {_REMEDIES.get(type(error), 'correct that and try again')}"


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path[0] = str(root)  # replaces this folder, whose modules would hide modules of the standard library
    mode = sys.argv.pop(1) if sys.argv[1] in _MODES else ""
    sys.argv[:2] = [str(root / "scripts" / sys.argv[1])]  # the command as the user typed it
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:], mode))
