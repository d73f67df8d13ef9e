"""Files of deploy/ against real schemas: Kubernetes, KServe's models, Docker Compose, hadolint."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.deploy.manifests import (
    ADAPTER,
    COMPOSE,
    DOCKERFILE,
    INFERENCE_SERVICE,
    KUBERNETES,
    TOOLS,
    read,
    run,
    tool,
)

# From the oldest version that has all the used fields to the newest known one.
VERSIONS = ("1.30", "1.37")
_FIELDS = Path(__file__).with_name("kserve_fields.py")


@pytest.fixture
def validator() -> str:
    return needed("kubernetes-validate")


def needed(name: str) -> str:
    if not (path := tool(name)):
        pytest.skip(f"{name} is not installed: scripts/test does that")
    return path


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_every_manifest(validator: str, version: str) -> None:
    completed = run([validator, "--strict", "--kubernetes-version", version, *KUBERNETES])
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.count(" passed ") == len(KUBERNETES)


def test_a_misspelt_field_is_found(validator: str, tmp_path: Path) -> None:
    (deployment,) = [path for path in KUBERNETES if path.stem == "deployment"]
    (tmp_path / "wrong.yaml").write_text(deployment.read_text().replace("readinessProbe", "readynessProbe"))
    assert run([validator, "--strict", tmp_path / "wrong.yaml"]).returncode != 0


def test_kserve_knows_every_field() -> None:
    manifest = read(INFERENCE_SERVICE)
    assert kserve_problems(manifest) == []
    manifest["spec"]["predictor"]["canaryTraffic"] = manifest["spec"]["predictor"].pop("canaryTrafficPercent")
    assert kserve_problems(manifest) == [".spec.predictor.canaryTraffic is unknown"]


def test_the_predictor_is_a_pod_for_kubernetes(validator: str, tmp_path: Path) -> None:
    own = {"minReplicas", "maxReplicas", "canaryTrafficPercent", "timeout"}
    predictor = read(INFERENCE_SERVICE)["spec"]["predictor"]
    spec = {name: value for name, value in predictor.items() if name not in own}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "predictor"}, "spec": spec}
    (tmp_path / "pod.yaml").write_text(yaml.safe_dump(pod))
    completed = run([validator, "--strict", tmp_path / "pod.yaml"])
    assert completed.returncode == 0, completed.stderr


def test_compose_takes_its_file(tmp_path: Path) -> None:
    # the program itself, because its Python wrapper does not pass on the exit status
    compose = next((TOOLS.parent / "lib").glob("python*/site-packages/compose/docker-compose"), None)
    if not (compose and os.access(compose, os.X_OK)):
        pytest.skip("Docker Compose is not installed: scripts/test does that")
    options = ["--profile", "monitoring", "config", "--format", "json"]
    completed = run([compose, "--file", COMPOSE, *options])
    assert completed.returncode == 0, completed.stderr
    assert set(json.loads(completed.stdout)["services"]) == {"node", "prometheus", "grafana"}
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("cap_drop", "cap_dropped"))
    assert run([compose, "--file", wrong, *options]).returncode != 0


def test_hadolint_has_nothing_to_say() -> None:
    completed = run([needed("hadolint"), "--no-color", DOCKERFILE])
    assert (completed.returncode, completed.stdout) == (0, "")


def test_prometheus_takes_the_adapter_s_queries(tmp_path: Path) -> None:
    if not (promtool := shutil.which("promtool")):
        pytest.skip("promtool is not installed")
    rules = []
    for number, rule in enumerate(read(ADAPTER)["rules"]["custom"]):
        query = rule["metricsQuery"].replace("<<.Series>>", rule["seriesQuery"].partition("{")[0])
        query = query.replace("<<.LabelMatchers>>", 'namespace="digits",pod="one"').replace("<<.GroupBy>>", "pod")
        rules.append({"record": f"adapter:query_{number}", "expr": query})
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "adapter", "rules": rules}]}))
    completed = run([promtool, "check", "rules", tmp_path / "rules.yml"])
    assert completed.returncode == 0, completed.stderr
    assert f"{len(rules)} rules found" in completed.stdout


def test_kustomize_builds_all_of_it() -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    completed = run(["kubectl", "kustomize", KUBERNETES[0].parent])
    assert completed.returncode == 0, completed.stderr
    built = list(yaml.safe_load_all(completed.stdout))
    assert len(built) == len(KUBERNETES)
    assert all(
        manifest["metadata"].get("namespace") == "digits" for manifest in built if manifest["kind"] != "Namespace"
    )


def kserve_problems(manifest: Any) -> Any:
    completed = run([needed("python"), _FIELDS], input=json.dumps(manifest))
    assert completed.returncode == 0, completed.stderr
    return json.loads(completed.stdout)
