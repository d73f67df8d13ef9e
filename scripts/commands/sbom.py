"""Write the SBOMs of serving and explaining: Python packages from the locks, Java libraries from TorchServe's jar.

Runs in the environment of requirements/audit.txt. The same input gives the same bytes, without times or random numbers.
"""

import argparse
import hashlib
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from scripts.building import engine
from scripts.building.engine import Engine
from serving.errors import UserError
from serving.paths import ROOT

FOLDER = ROOT / "docs" / "sbom"
LOCKS = ("serve", "explain")
_JAR = "lib/python*/site-packages/ts/frontend/model-server.jar"
_PACKAGES = ".venv/lib/python3*/site-packages"  # in the image
_DEBIAN = r"dpkg-query --show --showformat='${Package} ${Version} ${Architecture}\n'"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
_NETTY = re.compile(r"^([a-z0-9-]+)\.version=(\S+)$", re.MULTILINE)
_GRPC = re.compile(rb"\x01\x00.(1\.\d+\.\d+)(?=[\x01-\x14])", re.DOTALL)
# Files with the version of a library. The jar in the image has neither.
_TELLING = {
    ("org.apache.ant", "ant"): ("org/apache/tools/ant/version.txt", r"^VERSION=(\S+)"),
    ("org.codehaus.groovy", "groovy"): ("META-INF/groovy-release-info.properties", r"^ImplementationVersion=(\S+)"),
}
# Libraries whose classes are in the jar without a version, by the folder of a class.
_UNVERSIONED = {
    "com/beust/jcommander": "com.beust/jcommander",
    "com/google/common": "com.google.guava/guava",
    "com/google/gson": "com.google.code.gson/gson",
    "com/google/protobuf": "com.google.protobuf/protobuf-java",
    "com/lmax/disruptor": "com.lmax/disruptor",
    "com/thoughtworks/qdox": "com.thoughtworks.qdox/qdox",
    "io/perfmark": "io.perfmark/perfmark-api",
    "io/prometheus": "io.prometheus/simpleclient",
    "org/apache/commons/cli": "commons-cli/commons-cli",
    "org/apache/commons/compress": "org.apache.commons/commons-compress",
    "org/apache/commons/io": "commons-io/commons-io",
    "org/apache/logging/log4j": "org.apache.logging.log4j/log4j-core",
    "org/junit": "org.junit.platform/junit-platform-commons",
    "org/slf4j": "org.slf4j/slf4j-api",
    "org/testng": "org.testng/testng",
    "org/yaml/snakeyaml": "org.yaml/snakeyaml",
}


def python(lock: str) -> Iterator[Component]:
    for name, version in _PINNED.findall((ROOT / "requirements" / f"{lock}.txt").read_text()):
        yield _component(PackageURL("pypi", name=name.lower(), version=version))


def java(jar: Path) -> Iterator[Component]:
    """Yield the libraries in TorchServe's jar, without a version if the jar does not state it."""
    sha256 = HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(jar.read_bytes()).hexdigest())
    yield _component(PackageURL("generic", name="model-server.jar"), hashes=[sha256])
    with zipfile.ZipFile(jar) as file:
        for name, version in _NETTY.findall(file.read("META-INF/io.netty.versions.properties").decode()):
            yield _component(PackageURL("maven", "io.netty", name, version))
        for (group, name), (entry, pattern) in _TELLING.items():
            if entry in file.namelist():
                version = re.search(pattern, file.read(entry).decode(), re.MULTILINE)
                assert version
                yield _component(PackageURL("maven", group, name, version[1]))
        grpc = _GRPC.search(file.read("io/grpc/internal/GrpcUtil.class"))
        assert grpc
        yield _component(PackageURL("maven", "io.grpc", "grpc-core", grpc[1].decode()))
        for folder, name in _UNVERSIONED.items():
            if any(entry.startswith(f"{folder}/") for entry in file.namelist()):
                yield _component(PackageURL("maven", *name.split("/")))


def image(used: Engine, name: str) -> Iterator[Component]:
    """Yield the parts of a container image: packages of Debian, Python packages and Java libraries."""

    def shown(script: str) -> str:
        return used.run("run", "--rm", "--network=none", "--entrypoint=sh", name, "-c", script)

    for line in shown(_DEBIAN).splitlines():
        package, version, architecture = line.split()
        qualifiers = {"arch": architecture, "distro": "debian-12"}
        yield _component(PackageURL("deb", "debian", package, version, qualifiers))
    for line in shown(f"ls -d {_PACKAGES}/*.dist-info").splitlines():
        package, version = Path(line).stem.rsplit("-", 1)
        yield _component(PackageURL("pypi", name=package.lower().replace("_", "-"), version=version))
    with tempfile.TemporaryDirectory() as folder:
        container, jar = used.run("create", name), f"{folder}/model-server.jar"
        try:
            used.run("cp", f"{container}:/digits/{shown(f'ls .venv/{_JAR}')}", jar)
        finally:
            used.run("rm", "--volumes", container)
        yield from java(Path(jar))


def document(components: Iterable[Component]) -> str:
    """Return the SBOM of these parts as JSON, checked against the schema of CycloneDX."""
    root = Component(name="digits", type=ComponentType.APPLICATION, bom_ref="digits")
    bom = Bom(components=components)
    bom.metadata.component = root
    bom.register_dependency(root, bom.components)
    content = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    del content["metadata"]["timestamp"]
    content["serialNumber"] = uuid5(NAMESPACE_URL, json.dumps(content["components"])).urn
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"the list is not valid CycloneDX: {error}")
    return text


def _component(url: PackageURL, **more: list[HashType]) -> Component:
    return Component(
        name=url.name,
        group=url.namespace,
        version=url.version,
        purl=url,
        bom_ref=url.to_string(),
        type=ComponentType.LIBRARY,
        hashes=more.get("hashes"),
    )


def run(args: argparse.Namespace) -> None:
    if args.image:
        text = document(image(engine.find(args.engine), args.image))
        args.out.write_text(text)
        print(f"{args.out}: {len(json.loads(text)['components'])} components")
        return
    jars = sorted((ROOT / ".venv").glob(_JAR))
    if not jars:
        raise UserError("TorchServe is not installed in .venv: run scripts/up first")
    for lock in LOCKS:
        file, text = FOLDER / f"{lock}.cdx.json", document([*python(lock), *java(jars[0])])
        if not args.check:
            FOLDER.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            print(f"{file.relative_to(ROOT)}: {len(json.loads(text)['components'])} components")
        elif not file.exists() or file.read_text() != text:
            raise UserError(f"{file.relative_to(ROOT)} is not current: run scripts/sbom")
