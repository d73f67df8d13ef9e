"""TorchServe's jar in the container image, without the classes that its server never loads."""

import subprocess
import sys
import zipfile
from pathlib import Path

from serving.paths import ROOT

KEPT = ["META-INF/MANIFEST.MF", "org/pytorch/serve/ModelServer.class", "META-INF/native/netty.so", "org/groovy.txt"]
DROPPED = [
    "groovy/lang/A.class", "groovyjarjarasm/A.class", "org/codehaus/groovy/A.class", "org/apache/groovy/A.class",
    "META-INF/groovy-release", "META-INF/services/javax.script.Engine", "org/apache/tools/ant/A.class",
    "com/github/javaparser/A.class", "com/thoughtworks/qdox/A.class", "org/testng/A.class", "org/junit/A.class",
    "com/beust/A.class", "META-INF/resources/webjars/jquery.js", "META-INF/native/a.jnilib", "META-INF/native/a.dll",
    "org/",
]  # fmt: skip


def slimmed(jar: Path, year: int) -> bytes:
    with zipfile.ZipFile(jar, "w") as file:
        for name in sorted(KEPT + DROPPED):
            file.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), name.encode() * 100)
    command = [sys.executable, str(ROOT / "deploy" / "container" / "slim_jar.py"), str(jar)]
    subprocess.run(command, check=True, timeout=60)
    return jar.read_bytes()


def test_only_what_the_server_loads_stays_and_the_same_jar_gives_the_same_bytes(tmp_path: Path) -> None:
    jar = tmp_path / "server.jar"
    assert slimmed(jar, 2001) == slimmed(jar, 2002)
    with zipfile.ZipFile(jar) as file:
        assert {name: file.read(name) for name in file.namelist()} == {name: name.encode() * 100 for name in KEPT}
        assert {entry.compress_type for entry in file.infolist()} == {zipfile.ZIP_DEFLATED}
    assert [path.name for path in tmp_path.iterdir()] == ["server.jar"]
