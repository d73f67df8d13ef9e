"""Remove libraries that TorchServe never loads, and natives of other systems, from its jar.

    slim_jar.py FILE

The libraries are from its build (Groovy, Ant, a Java parser, test frameworks, jQuery), and are half of the jar. The
same jar gives the same bytes.
"""

import sys
import zipfile
from pathlib import Path

_UNUSED = (
    *(
        "groovy/",
        "groovyjarjar",
        "org/codehaus/groovy/",
        "org/apache/groovy/",
        "META-INF/groovy",
        "META-INF/services/javax.script",
    ),
    *("org/apache/tools/", "com/github/javaparser/", "com/thoughtworks/qdox/"),
    *("org/testng/", "org/junit/", "com/beust/", "META-INF/resources/webjars/"),
)
_FOREIGN = (".jnilib", ".dll")


def main(jar: Path) -> None:
    slim = jar.with_suffix(".slim")
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(slim, "w") as new:
        for name in old.namelist():
            if not name.endswith(("/", *_FOREIGN)) and not name.startswith(_UNUSED):
                new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    slim.replace(jar)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
