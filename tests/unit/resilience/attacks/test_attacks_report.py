"""The section of docs/faults.md on attacks."""

from resilience.attacks import attacks_report
from resilience.attacks.bounds import Memory
from resilience.attacks.trial import AttackOutcome

from .test_bounds import CALM, MIB


def test_an_outcome_is_a_row_and_misses_are_listed() -> None:
    phases = dict.fromkeys(("before", "during", "after"), CALM)
    groups = {"predictions": phases, "newcomers": phases, "explanations": phases}
    memory = {"gateway": Memory(100 * MIB, 300 * MIB, 100 * MIB), "JVM": Memory(100 * MIB, 300 * MIB, 150 * MIB)}
    outcome = AttackOutcome(
        10.0, {"429": 1000, "BrokenPipeError": 2, "ConnectionResetError": 3}, groups, memory, 60.0, {"server": 0}
    ).as_dict()
    about = {"sends": "a GIF", "attacker": "nice 10", "machine": {"cores": "2"}}
    page = attacks_report.section({"gif": about | outcome})
    cells = r"| gif\* | a GIF | 1,000 x 429, 5 x cut off | 10.0 | 10.0 | 10.0 | 10.0 | 0 | 0 | JVM +50% | **missed** |"
    assert cells in page
    assert "| gif | explanations | 10.0 | 10.0 | 10.0 | 100 of 100 | 100 of 100 | 100 of 100 |" in page
    assert "| gif | JVM: memory back within 5% or 4 MiB after 60 s | 100 to 150 MiB |" in page


def test_there_is_no_section_without_outcomes() -> None:
    assert attacks_report.section({}) == ""
