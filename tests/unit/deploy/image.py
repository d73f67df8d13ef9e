"""The container image as its Dockerfile and .dockerignore define it, and the start of its commands."""

import json
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from serving.paths import ROOT
from tests.unit.deploy.manifests import DOCKERFILE

_IGNORE = DOCKERFILE.with_name("Dockerfile.dockerignore")


def text() -> str:
    return DOCKERFILE.read_text().replace("\\\n", " ")


def sources(stage: int = -1) -> Iterator[str]:
    """Yield the files that a stage copies to the same path below its root. The last stage is the image."""
    last = text().split("\nFROM ")[stage]
    defaults = dict(re.findall(r"^ARG (\w+)=(.+)$", text(), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.+)$", last, re.MULTILINE):
        *paths, target = re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], line).split()
        for source in paths:
            assert target in (source, "./"), f"COPY {line}: code finds files where the repository has them"
            yield source


@cache
def files() -> frozenset[str]:
    """Return the files of this repository in the image, by their paths from the root of the image."""
    return frozenset(path for source in sources() for path in under(source) if is_sent(path))


def under(source: str) -> Iterator[str]:
    path = ROOT / source
    every = path.rglob("*") if path.is_dir() else [path]
    yield from (str(file.relative_to(ROOT)) for file in every if file.is_file())


def is_sent(path: str) -> bool:
    """Return True if the builder gets a file: the last pattern that matches it or a folder above it decides."""
    sent = True
    for line in _IGNORE.read_text().splitlines():
        if line and not line.startswith("#") and _matches(path.split("/"), line.removeprefix("!")):
            sent = line.startswith("!")
    return sent


def _matches(parts: Sequence[str], pattern: str) -> bool:
    if pattern.startswith("**/"):
        return any(fnmatchcase(part, pattern.removeprefix("**/")) for part in parts)
    patterns = pattern.split("/")
    return len(parts) >= len(patterns) and all(map(fnmatchcase, parts, patterns))


def commands() -> list[str]:
    """Return the commands of the image: the program that starts the container, and all others in its folder."""
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", text(), re.MULTILINE)
    first = str(json.loads(entry)[0])
    folder = str(Path(first).parent)
    others = (path for path in files() if str(Path(path).parent) == folder and is_program(path))
    return [first, *sorted(set(others) - {first, f"{folder}/command"})]  # the file that the commands link to


def is_program(path: str) -> bool:
    return (ROOT / path).stat().st_mode & 0o100 != 0 and (ROOT / path).read_bytes().startswith(b"#!")


def started(command: str) -> set[str]:
    """Return the files that a shell command sources, and the Python that it starts, by file or by name."""
    script, folder = (ROOT / command).read_text(), Path(command).parent
    programs = {str(folder / name) for name in re.findall(r'^\. .*\b(\w+)"?$', script, re.MULTILINE)}
    programs |= set(re.findall(rf"\b{folder}/\w+\.py\b", script))
    named = [Path(command).name] if (ROOT / command).is_symlink() else re.findall(r'"\$commands" (\w+)', script)
    if named:
        programs |= {f"{folder}/commands/{name}.py" for name in (*named, "__main__")} | {f"{folder}/arguments/node.py"}
    return programs
