"""Files of the project itself."""

import re
from typing import Any

import pytest
import yaml

from serving.paths import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", (ROOT / name).read_text()):
        assert (ROOT / link).exists(), link


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    for number in range(1, 10):
        assert re.search(rf"^ +{number}\. [A-Z]", text, flags=re.MULTILINE), number
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()


def test_issue_forms_are_what_github_reads() -> None:
    forms: dict[str, Any] = {path.stem: yaml.safe_load(path.read_text()) for path in FORMS}
    assert forms.pop("config") == {"blank_issues_enabled": False}
    assert set(forms) == {"bug", "feature"}
    for form in forms.values():
        assert set(form) == {"name", "description", "labels", "body"}
        fields = [field["id"] for field in form["body"]]
        assert len(fields) == len(set(fields))
        assert all(field["type"] in ("textarea", "input") and field["attributes"]["label"] for field in form["body"])


def test_commands_that_contributing_names_exist() -> None:
    for command in re.findall(r"`(scripts/[a-z]+)", (ROOT / "CONTRIBUTING.md").read_text()):
        assert (ROOT / command).exists(), command
