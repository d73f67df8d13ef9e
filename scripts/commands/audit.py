"""List packages in the locks with known vulnerabilities. Write results/audit.json and docs/security.md."""

import argparse

from inference.files import replace
from resilience.security import audit, security_report
from serving.paths import ROOT


def run(_: argparse.Namespace) -> None:
    audit.audit_all()
    replace(ROOT / "docs" / "security.md", security_report.write().encode())
