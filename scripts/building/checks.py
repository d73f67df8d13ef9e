"""Checks of a node in a container before its image is used."""

from pathlib import Path

from inference import golden
from scripts.building.container import Container
from scripts.starting import verification
from serving.archives import record, samples
from serving.errors import UserError
from serving.torchserve import properties

_UID = "10001"
_JSON = {"Content-Type": "application/json"}


def served() -> tuple[str, Path]:
    """Return the name and path of the archive that a node starts with. Raises UserError if it is missing."""
    path = properties.archive(properties.read())
    if known := record.recorded(path):
        return known.name, path
    raise UserError(f"there is no archive {path.name} to put into an image: run scripts/package first")


def check(container: Container) -> None:
    """Check a READY node in a container. Raises UserError with the first fault."""
    name, archive = served()
    known = samples.read_golden(archive)
    with container.http() as http:
        answer = http.post(f"/predictions/{name}", content=known.request, headers=_JSON)
    if not answer.is_success:
        raise UserError(f"a sample of {name} was answered {answer.status_code} {answer.text[:200]}")
    distance = verification.missed(known, answer.json()["predictions"][0])
    if distance > golden.TOLERANCE:
        raise UserError(f"a sample of {name} differs by {distance:.2g} from its answer at packaging")
    for path in ("/openapi.yaml", "/metrics"):
        if not (answer := container.ask(path)).is_success:
            raise UserError(f"{path} was answered {answer.status_code}")
    container.exec("deploy/container/healthy")
    uids = set(container.exec("sh", "-c", "grep -h ^Uid: /proc/[0-9]*/status; true").split()) - {"Uid:"}
    if uids != {_UID}:
        raise UserError(f"processes run as {', '.join(sorted(uids))}, not as {_UID} alone")
