"""Rules, dashboard and document name existing metrics, and describe them correctly."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import counting
from handlers.counters import Counters, Header
from handlers.metrics import families
from model import SPEC
from serving.node.metrics import Metrics, NodeState
from serving.paths import METRICS, ROOT
from training.reports import markdown

PROMTOOL = shutil.which("promtool")
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
RULES_TEST = DEPLOY / "prometheus" / "rules_test.yml"
DOCUMENT = ROOT / "docs" / "observability.md"
DASHBOARD = DEPLOY / "grafana" / "dashboard.json"
FAMILIES = tuple(families(SPEC).values())


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def section(name: str) -> str:
    """Return the text of the document between the marks of this name."""
    match = re.search(rf"<!-- {name}.*? -->\n(.*?)<!-- end -->", DOCUMENT.read_text(), re.DOTALL)
    assert match
    return match[1].strip()


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Return every metric that a node can have: name -> type and help."""
    directory = tmp_path_factory.mktemp("node")
    Counters(directory / METRICS, Header({"model": "digits", "version": "1.0", "weights": ""}, FAMILIES, {})).close()
    shown = Metrics(directory, lambda: NodeState(True, 0, 0)).collect()
    return {
        metric.name + "_total" * (metric.type == "counter"): (metric.type, metric.documentation) for metric in shown
    }


def expressions() -> Iterable[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def test_every_name_in_rules_dashboard_and_document_exists(metrics: dict[str, tuple[str, str]]) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    histograms = [name for name, (kind, _) in metrics.items() if kind == "histogram"]
    parts = {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    known = metrics.keys() | parts | recorded
    text = "\n".join([*expressions(), DOCUMENT.read_text()])
    named = set(re.findall(r"\binference[_:][a-z0-9_:]+[a-z0-9]", text))
    assert len(named) > 30
    assert named <= known


def test_the_document_has_every_metric(metrics: dict[str, tuple[str, str]]) -> None:
    lines = ["| metric | type | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {kind} | {about} |" for name, (kind, about) in metrics.items()]
    assert section("metrics") == "\n".join(lines)


def test_the_document_has_the_former_name_of_every_metric(metrics: dict[str, tuple[str, str]]) -> None:
    renamed = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", section("renamed"), re.MULTILINE))
    assert sorted(renamed.values()) == sorted(metrics)
    assert all(name.startswith("digits_") for name in renamed)


def test_the_document_has_every_alert() -> None:
    lines = ["| alert | severity | when |", "| --- | --- | --- |"]
    for rule in rules():
        if "alert" in rule:
            expression = " ".join(rule["expr"].split()).replace("|", "\\|")
            waits = f", for {rule['for']}" if "for" in rule else ""
            lines.append(f"| `{rule['alert']}` | {rule['labels']['severity']} | `{expression}`{waits} |")
    assert section("alerts") == "\n".join(lines)


def test_the_documents_figures_are_those_that_were_measured() -> None:
    measured = json.loads((ROOT / "results" / "observability.json").read_text())
    text = counting.report(measured)
    assert markdown.section(DOCUMENT.read_text(), "cost", text) == DOCUMENT.read_text()


def test_every_alert_is_shown_what_it_is_for_and_what_it_is_not() -> None:
    shown: dict[str, set[bool]] = {}
    for test in yaml.safe_load(RULES_TEST.read_text())["tests"]:
        for case in test.get("alert_rule_test", []):
            shown.setdefault(case["alertname"], set()).add(bool(case.get("exp_alerts")))
    assert shown == {rule["alert"]: {True, False} for rule in rules() if "alert" in rule}


@pytest.mark.skipif(not PROMTOOL, reason="no promtool here, and apt-get did not bring it")
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml")),
        ("test", "rules", str(RULES_TEST)),
    ],
)
def test_promtool_is_content(arguments: tuple[str, ...]) -> None:
    completed = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=240)
    assert completed.returncode == 0, completed.stdout + completed.stderr


@pytest.mark.skipif(not PROMTOOL, reason="no promtool here, and apt-get did not bring it")
def test_names_and_helps_are_as_prometheus_advises(tmp_path: Path) -> None:
    Counters(tmp_path / METRICS, Header({"model": "digits", "version": "1.0", "weights": ""}, FAMILIES, {})).close()
    page = Metrics(tmp_path, lambda: NodeState(True, 0, 0)).page()[2]
    completed = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, check=False, timeout=240
    )
    assert (completed.returncode, completed.stdout + completed.stderr) == (0, b"")


def test_panels_show_the_selected_models_only() -> None:
    """Series of a model are filtered by the variable ``model``. No expression names a model or its statistics."""
    of_a_model = re.compile(
        r"\b(?:inference_(?!ready|server|gateway)|inference:(?!errors))[a-z0-9_:]+(\{model=~\"\$model\")?"
    )
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            assert all(match[1] for match in of_a_model.finditer(target["expr"])), target["expr"]
    assert not re.search(r"\b(digits?|ink|images?)\b", "\n".join([DASHBOARD.read_text(), *expressions()]))


def test_the_dashboards_panels_are_whole_and_do_not_overlap() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    occupied: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & occupied, panel["title"]
        assert max(x for x, _ in cells) < 24
        occupied |= cells
        references = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(references)) == len(references) > 0 or panel["type"] == "row"
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.get("targets", []))
    listed = dashboard["templating"]["list"]
    variables = {variable["name"] for variable in listed}
    assert {"model", "statistic"} <= variables
    used = set(re.findall(r"\$\{?([a-z]+)", json.dumps(panels)))
    assert used == variables
