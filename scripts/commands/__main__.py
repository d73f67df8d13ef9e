"""Entry point of all commands: ``scripts/NAME`` runs ``python scripts/commands NAME ARGUMENT...``.

An error that the user can mend is one sentence on stderr, with status 1; a wrong argument has status 2. Ctrl-C ends a
command with status 130. ``python scripts/commands --accept NAME ARGUMENT...`` only checks the arguments, and needs
nothing but the standard library.
"""

import importlib
import os
import sys
from pathlib import Path

_WRONG, _HELP_SHOWN, _INTERRUPTED = 2, 3, 130  # scripts/environment compares with the second
_REMEDIES: dict[type[OSError], str] = {
    FileNotFoundError: "name a file that exists",
    IsADirectoryError: "name a file, not a folder",
    NotADirectoryError: "name a folder, not a file",
    PermissionError: "run this as the user to whom it belongs",
}


def main(words: list[str]) -> int:
    """Run the command that the first word names with the other words. Return the status to exit with."""
    if words[:1] == ["--accept"]:
        return _accept(words[1:])
    from serving.errors import UserError

    resume = ""
    try:
        asked = _parse(words)
        command = importlib.import_module(f"scripts.commands.{words[0]}")
        resume = getattr(command, "RESUME", "")
        return int(command.run(asked))
    except UserError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(_sentence(error))
    except KeyboardInterrupt:
        print(f"stopped: {resume}" if resume else "stopped", file=sys.stderr)
        return _INTERRUPTED


def _accept(words: list[str]) -> int:
    """Return 0 if a command has these arguments, and another status if it is not to run."""
    try:
        _parse(words)
    except SystemExit as ended:
        return _WRONG if ended.code else _HELP_SHOWN
    return 0


def _parse(words: list[str]) -> object:
    """Return the arguments of a command. Raises SystemExit if one is wrong, and after help is shown."""
    return importlib.import_module(f"scripts.arguments.{words[0]}").parse(words[1:])


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
    arguments = sys.argv[1:]
    sys.argv = [str(root / "scripts" / arguments[0]), *arguments[1:]]  # as the user typed it
    sys.exit(main(arguments))
