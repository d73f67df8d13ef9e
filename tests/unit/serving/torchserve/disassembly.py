"""Differences between two versions of a Java class, from the listings of ``javap``."""

import difflib
import re
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

_PACKAGE = re.compile(r"\b(?:[\w$]+/)+(?=[\w$])")
_INSTRUCTION = re.compile(r" +(\d+): (\w+) *(.*?)(?: *// (.*))?$")
_CONSTANT = re.compile(r" +(#\d+) = (\w+) +(.*?)(?: *// (.*))?$")
_METHOD = re.compile(r"  \S.*?([\w$<>]+)\(.*\)(?: throws .*)?;$")
_CLASS = "Classfile "
_HEADER = ("  Last modified ", "  SHA-256 checksum ")


def changes(before: Path, after: Path) -> list[str]:
    """Return the changed lines of each method under its name. Runs of ``nop`` are one line."""
    lines: list[str] = []
    compared = difflib.unified_diff(*_listings(before, after), n=0, lineterm="")
    changed = [line for line in list(compared)[2:] if not line.startswith("@@")]
    for method, group in groupby(changed, key=lambda line: line[1:].split("\t")[0]):
        lines.append(method)
        lines += _folded([line[0] + " " + line[1:].split("\t")[1] for line in group])
    return lines


def _listings(before: Path, after: Path) -> tuple[list[str], list[str]]:
    command = ["javap", "-J-XX:TieredStopAtLevel=1", "-v", "-p", str(before), str(after)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    first, second = (_listing(part) for part in text.split(_CLASS)[1:])
    return first, second


def _listing(text: str) -> list[str]:
    _, *lines = text.splitlines()
    return list(_lines(line for line in lines if not line.startswith(_HEADER)))


def _lines(text: Iterator[str]) -> Iterator[str]:
    """Yield method name and instruction, tab-separated, without numbers of constants and package names."""
    method = "constants"
    for line in filter(str.strip, text):
        if match := _METHOD.match(line):
            method = match[1]
        yield f"{method}\t{_PACKAGE.sub('', _plain(line)).rstrip()}"


def _plain(line: str) -> str:
    if match := _INSTRUCTION.match(line):
        place, code, operand, comment = match.groups()
        return f"{int(place):04}: {code} {comment or operand}"
    if match := _CONSTANT.match(line):
        number, kind, value, comment = match.groups()
        return f"{number} = {kind} {comment or value}"
    return line


def _folded(lines: list[str]) -> Iterator[str]:
    for nop, group in groupby(lines, key=lambda line: line.endswith(": nop")):
        run = list(group)
        if nop and len(run) > 1:
            yield f"{run[0].split(':')[0]}-{run[-1][2:]}"
        else:
            yield from run
