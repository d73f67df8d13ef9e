"""Entry point of all commands: ``scripts/NAME`` runs ``python scripts/commands NAME ARGUMENT...``.

An error that the user can mend is one sentence on stderr, with status 1; a wrong argument has status 2. Ctrl-C ends a
command with status 130. ``python scripts/commands --accept NAME ARGUMENT...`` only checks the arguments, and --lock
prints which of requirements/ they need; both need nothing but the standard library.
"""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

_WRONG, _HELP_SHOWN, _INTERRUPTED = 2, 3, 130  # scripts/environment compares with the second
_MODES = ("--accept", "--lock")
_REMEDIES: dict[type[OSError], str] = {
    FileNotFoundError: "name a file that exists",
    IsADirectoryError: "name a file, not a folder",
    NotADirectoryError: "name a folder, not a file",
    PermissionError: "run this as the user to whom it belongs",
}


def main(name: str, words: list[str], mode: str = "") -> int:
    """Run a command with these arguments, or handle them by the mode. Return the exit status."""
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
            lower_priority()  # first: most of a command's work are its imports
        return int(importlib.import_module(f"scripts.commands.{name}").run(args) or 0)
    except UserError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(_sentence(error))


def _accept(name: str, words: list[str]) -> int:
    """Return 0 if a command has these arguments, and another status if it is not to run."""
    try:
        _arguments().parse(name, words)
    except SystemExit as ended:
        return _WRONG if ended.code else _HELP_SHOWN
    return 0


def _arguments() -> ModuleType:
    """Return the package of arguments, which can be imported only when ``sys.path`` is set."""
    return importlib.import_module("scripts.arguments")


def _failed(text: str) -> int:
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 1


def _sentence(error: OSError) -> str:
    """Return what the system refused, and what to do about it."""
    name = f"{os.fspath(error.filename)}: " if isinstance(error.filename, str | Path) else ""
    return f"{name}{error.strerror or error}: {_REMEDIES.get(type(error), 'correct that and try again')}"


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path[0] = str(root)  # instead of this folder, whose modules would hide some of the standard library
    mode = sys.argv.pop(1) if sys.argv[1] in _MODES else ""
    sys.argv[:2] = [str(root / "scripts" / sys.argv[1])]  # as the user typed it
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:], mode))
