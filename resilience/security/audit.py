"""Audit of every lock by pip-audit for known vulnerabilities. Writes results/audit.json."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.files import replace_json
from serving.paths import ROOT

FILE = ROOT / "results" / "audit.json"
_PIP_AUDIT = ROOT / ".venv-audit" / "bin" / "pip-audit"
_FIRST = "serve"


def audit(lock: Path) -> dict[str, Any]:
    """Return the number of packages of a lock, the number that the advisories know, and their vulnerabilities."""
    command = [str(_PIP_AUDIT), "--requirement", str(lock), "--disable-pip", "--require-hashes", "--format", "json"]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return {"packages": None, "answered": 0, "vulnerable": []}
    answered = [package for package in packages if "skip_reason" not in package]
    vulnerable = [
        {
            "name": package["name"],
            "version": package["version"],
            "id": vulnerability["id"],
            "fixed": vulnerability["fix_versions"],
        }
        for package in answered
        for vulnerability in package["vulns"]
    ]
    return {"packages": len(packages), "answered": len(answered), "vulnerable": vulnerable}


def audit_all() -> None:
    """Audit all locks, and write and print the results."""
    files = (ROOT / "requirements").glob("*.txt")
    wanted = (lock for lock in files if not lock.stem.endswith("-cpu"))  # these have only packages of other locks
    locks = sorted(wanted, key=lambda lock: (lock.stem != _FIRST, lock.stem))
    results: dict[str, Any] = {}
    for lock in locks:
        results[lock.stem] = audit(lock)
        if not results[_FIRST]["answered"]:  # the service cannot be reached, so the other locks would fail, too
            break
    replace_json(FILE, {"date": datetime.now(UTC).date().isoformat(), "locks": results})
    for name, result in results.items():
        print(
            f"{name}: {result['answered']} of {result['packages']} packages answered, "
            f"{len(result['vulnerable'])} findings"
        )
