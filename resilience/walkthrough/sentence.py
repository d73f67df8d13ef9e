"""Requirements for the error messages of commands."""

import re

_MOST = 600  # characters, paths included
_VERBS = (
    "add|build|change|check|choose|chmod|correct|create|end|free|give|install|move|name|pack|package|pass|pick|read|remove|"
    "restore|roll|run|say|see|send|set|start|stop|take|try|use|wait"
)
# A command to run; or after a colon, semicolon or comma an imperative verb; or the right value after "not".
_REMEDY = re.compile(rf"scripts/\w+|[:;,] (?:or |and )?(?:{_VERBS})\b|, not \S")
_BREAK = re.compile(r"[.!?] +[A-Z]")


def faults(message: str) -> list[str]:
    """Return the faults of a message; none if it is one sentence that names the remedy."""
    faulty = {
        "more than one line": "\n" in message,
        "more than one sentence": bool(_BREAK.search(message)),
        "does not begin with error": not message.startswith("error: "),
        f"more than {_MOST} characters": len(message) > _MOST,
        "no remedy": not _REMEDY.search(message),
    }
    return [fault for fault, there in faulty.items() if there]
