"""Write docs/security.md."""

from benchmarks.security import report
from inference.files import replace
from serving.paths import ROOT

if __name__ == "__main__":
    replace(ROOT / "docs" / "security.md", report.write().encode())
