"""Tests of the image without a container: its size, its labels and the content of its layers."""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from scripts.building.engine import Engine
from serving import version
from serving.paths import KEYS, ROOT

from .conftest import Image

_SECRETS = re.compile(
    r"(^|/)(signing\.pem|clients\.map|tls\.pem|key_file\.json|pip\.conf|\.git|\.netrc)$|(^|/)digits/(data|bundles|tests)/"
)
_MOST = 1 << 22  # bytes; larger files are libraries, and are not read


def test_it_is_built_small_and_serves(image: Image) -> None:
    assert "added to the base image" in image.printed
    (size,) = re.findall(r"^\| added to the base image \| \d+ MB \| (.+) \|$", image.printed, re.MULTILINE)
    assert size == "at most 320 MB: met"


def test_its_labels_tell_what_it_is(engine: Engine, image: Image) -> None:
    labels = engine.inspect(image.name)["Config"]["Labels"]
    annotations = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    assert annotations["version"] == version.read()
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", annotations["base.digest"])
    assert annotations["title"] == "digits"


def test_no_layer_and_no_variable_has_a_secret(engine: Engine, image: Image, tmp_path: Path) -> None:
    (secret,) = [line for line in (KEYS / "signing.pem").read_text().splitlines() if "-" not in line]
    description = engine.inspect(image.name)
    assert secret not in json.dumps(description)
    assert not [name for name in description["Config"]["Env"] if re.search(r"KEY|TOKEN|PASSWORD|SECRET|INDEX", name)]
    names = []
    for name, content in files(engine, image.name, tmp_path / "image.tar"):
        if content or not name.endswith("pip.conf"):  # where the machine's file was mounted
            names.append(name)
        assert secret.encode() not in content, name
    assert "digits/scripts/serve" in names
    assert [name for name in names if _SECRETS.search(name)] == []


def test_its_parts_are_listed(image: Image, tmp_path: Path) -> None:
    listed = tmp_path / "image.cdx.json"
    command = [str(ROOT / "scripts" / "sbom"), "--engine", "podman", "--image", image.name, "--out", str(listed)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    parts = {part["purl"].partition("@")[0] for part in json.loads(listed.read_text())["components"]}
    assert {"pkg:deb/debian/haproxy", "pkg:pypi/torchserve", "pkg:maven/io.grpc/grpc-core"} <= parts


def files(engine: Engine, image: str, saved: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file in each layer, also of files deleted later. Large ones are empty."""
    engine.run("save", "--format=docker-archive", f"--output={saved}", image)
    with tarfile.open(saved) as archive:
        for layer in archive:
            content = archive.extractfile(layer) if layer.name.endswith(".tar") else None
            if content:
                with tarfile.open(fileobj=content) as inside:
                    for member in inside:
                        file = inside.extractfile(member) if member.isfile() and member.size < _MOST else None
                        yield member.name.removeprefix("./"), file.read() if file else b""
