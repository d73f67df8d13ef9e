"""Build the container image of a node, test it with the restrictions of deploy/, and print its size and speed."""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from inference.files import replace, replace_json
from scripts.building import checks, container, engine, page
from scripts.building.engine import Engine
from serving import version
from serving.errors import UserError
from serving.paths import ROOT

_RESULTS, _PAGE = ROOT / "results" / "image.json", ROOT / "docs" / "deploy.md"


def run(args: argparse.Namespace) -> None:
    checks.served()
    used = engine.find(args.engine)
    tag = args.tag or f"digits:{version.read()}{'' if args.parts == 'serve' else f'-{args.parts}'}"
    base = used.pinned(args.base)
    began = time.monotonic()
    commit = Commit.present()
    epoch = commit.seconds if commit else ""  # the same commit gives the same bytes
    used.build(tag, _arguments(args, base), _labels(base, commit), epoch, args.options)
    measured: dict[str, Any] = {
        "image": tag,
        "parts": args.parts,
        "base": args.base,
        "built": time.monotonic() - began,
        "engine": used.version(),
    }
    size = used.inspect(tag)["Size"]
    measured |= {"size": size, "added": size - used.inspect(base)["Size"]}
    measured |= _checked(used, tag, args.measure)
    print(f"{tag}\n\n{page.shown(measured)}")
    if args.measure:
        replace_json(_RESULTS, measured)
        replace(_PAGE, page.written(_PAGE.read_text(), measured).encode())
    if args.parts == "serve" and measured["added"] > page.MOST_ADDED * 1e6:
        raise UserError(
            f"the image adds {measured['added'] / 1e6:.0f} MB to its base: at most {page.MOST_ADDED} are allowed"
        )


def _checked(used: Engine, tag: str, measure: bool) -> dict[str, Any]:
    """Check a container of the image, and return its figures. Raises UserError if a check fails."""
    print("starting a container", flush=True)
    with container.running(used, tag) as node:
        results: dict[str, Any] = {"ready": node.wait_ready(), "memory": node.memory()}
        checks.check(node)
        if measure:
            from benchmarks import machine
            from scripts.building import throughput

            with tempfile.TemporaryDirectory() as folder:
                results |= throughput.measure(node, Path(folder))
            results |= {"machine": machine.describe(), "clients": throughput.CLIENTS}
        results["stopped"] = node.stop()
    return results


def _arguments(args: argparse.Namespace, base: str) -> dict[str, str]:
    index = {"TORCH_INDEX": args.torch_index} if args.torch_index else {}
    return {"BASE": base, "PARTS": args.parts, **index}


def _labels(base: str, commit: "Commit | None") -> dict[str, str]:
    """Return the labels of the image, by their names in the Open Container Initiative."""
    name, _, digest = base.partition("@")
    labels = {"version": version.read(), "base.name": name, "base.digest": digest}
    if commit:
        labels |= {"revision": commit.revision, "created": commit.moment}
    return labels


class Commit(NamedTuple):
    """Commit of the image. ``revision`` ends in -changed if tracked files differ from it."""

    revision: str
    seconds: str
    moment: str

    @classmethod
    def present(cls) -> "Commit | None":
        """Return the commit of this repository, or None without git or a repository."""
        if not (shown := _git("log", "-1", "--format=%H %ct %cI")):
            return None
        revision, seconds, moment = shown.split()
        changed = "-changed" if _git("status", "--porcelain", "--untracked-files=no") else ""
        return cls(revision + changed, seconds, moment)


def _git(*words: str) -> str:
    """Return the output of git; empty without git or a repository."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
