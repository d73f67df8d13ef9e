"""docs/security.md, compared with the tests and the runs."""

from resilience.security import security_report
from resilience.security.security_report import Attack
from serving.paths import ROOT

_MODULE = """
@pytest.mark.parametrize("kind", ["a", "b"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_flood_is_cut_off(kind, size): ...
@pytest.mark.parametrize("case", BAD)
def test_bad_things(case): ...
def test_one(): ...
def helper(): ...
"""


def test_the_document_is_current() -> None:
    assert (ROOT / "docs" / "security.md").read_text() == security_report.write(), "run scripts/audit"


def test_attacks_are_the_tests_by_their_names() -> None:
    assert list(security_report.attacks(_MODULE)) == [
        Attack("a flood is cut off", 6),
        Attack("bad things", None),
        Attack("one", None),
    ]


def test_it_tells_of_every_file_that_attacks_torchserve() -> None:
    text = security_report.write()
    for name in ("test_attacks.py", "test_seal.py", "test_admission.py", "test_fuzz.py"):
        assert name in text
