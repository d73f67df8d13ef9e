"""The list of errors in docs/api.md, read from the sources that send them."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus

from serving.paths import ROOT
from training.reports import markdown

PAGE = ROOT / "docs" / "api.md"
GATEWAY = ROOT / "serving" / "gateway"
FILES = ("haproxy.cfg", "edge.cfg", *sorted(path.name for path in GATEWAY.glob("*.lua")))
_MODEL = re.compile(r"^(?:│   )*[├└]── (\w+)(?: +(\d{3}))? +(.+)$", re.MULTILINE)
_JOINED = re.compile(r"'\s*\.\.\s*'")
_GATEWAY = re.compile(r'\{"code":(\d{3}),"type":"(\w+)","message":"([^"]*)","hint":"([^"]*)"\}')
_REFUSAL = re.compile(r'refuse\(txn, (\d{3}), \(?"([^"]*)"[^"]*?,\s*\(?"([^"]*)"')  # in Lua
_VALUE = re.compile(r"%\[[^\]]*\]|%[sd]")


def written(page: str) -> str:
    """Return the page with the present list of errors. Raises ValueError if the page has no place for it."""
    return markdown.section(page, "errors", section())


def section() -> str:
    """Return two tables: errors of the service by type, and errors of the gateway by message."""
    own = [(code, f"`{name}`", meaning) for code, name, meaning in service()]
    others = [(code, f"`{name}`", message, hint) for code, name, message, hint in gateway()]
    return "\n".join(
        (
            "Errors of the service; the message names the value:",
            "",
            markdown.table(("code", "type", "meaning"), own, left=3),
            "",
            "Errors of the [gateway](gateway.md); `…` stands for a value:",
            "",
            markdown.table(("code", "type", "message", "hint"), others, left=4),
        )
    )


def service() -> Iterator[tuple[str, str, str]]:
    """Yield code, type and meaning from the tree in inference/errors.py. A type may inherit its code."""
    tree = ast.get_docstring(ast.parse((ROOT / "inference" / "errors.py").read_text())) or ""
    code = ""
    for name, own, meaning in _MODEL.findall(tree):
        code = own or code
        if name != "BadRequest":
            yield code, name, meaning


def gateway() -> list[tuple[str, str, str, str]]:
    """Return code, type, message and hint of each error in the gateway's configuration and Lua, in order."""
    texts = [_JOINED.sub("", (GATEWAY / name).read_text()) for name in FILES]
    errors = {error for text in texts for error in _GATEWAY.findall(text)}
    errors |= {
        (code, HTTPStatus(int(code)).phrase.replace(" ", ""), message, hint)
        for text in texts
        for code, message, hint in _REFUSAL.findall(text)
    }
    return sorted((code, name, _VALUE.sub("…", message), _VALUE.sub("…", hint)) for code, name, message, hint in errors)
