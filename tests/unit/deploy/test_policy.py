"""Policies beyond schemas: permissions, probes, shutdown and consistency of the manifests."""

import re
from typing import Any

import pytest

from tests.unit.deploy.manifests import ADAPTER, COMPOSE, DOCKERFILE, INFERENCE_SERVICE, pods, read, resource

PODS = pods()
SERVICES: dict[str, Any] = read(COMPOSE)["services"]


def containers(pod: Any) -> list[Any]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_no_container_may_more_than_it_needs(pod: Any) -> None:
    assert pod["automountServiceAccountToken"] is False
    for container in containers(pod):
        allowed = pod.get("securityContext", {}) | container["securityContext"]
        assert allowed["runAsNonRoot"] is True
        assert allowed["runAsUser"] >= 10000
        assert allowed["seccompProfile"] == {"type": "RuntimeDefault"}
        assert allowed["allowPrivilegeEscalation"] is False
        assert allowed["readOnlyRootFilesystem"] is True
        assert allowed["capabilities"] == {"drop": ["ALL"]}
        assert "privileged" not in allowed
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert not any("hostPath" in volume for volume in pod["volumes"])


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_every_container_has_limits_and_what_it_writes_has_bounds(pod: Any) -> None:
    for container in containers(pod):
        assert container["resources"]["limits"] == container["resources"]["requests"]
        assert {"cpu", "memory", "ephemeral-storage"} <= set(container["resources"]["limits"])
    empty = [volume["emptyDir"] for volume in pod["volumes"] if "emptyDir" in volume]
    assert empty
    assert all(empty_dir["medium"] == "Memory" and empty_dir["sizeLimit"] for empty_dir in empty)


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_probes_ask_for_true_readiness_and_leave_a_jvm_time_to_restart(pod: Any) -> None:
    (container,) = pod["containers"]
    ready, live = container["readinessProbe"], container["livenessProbe"]
    assert ready["httpGet"]["path"] == "/readyz"
    assert live["httpGet"]["path"] == "/livez"
    assert live["periodSeconds"] * live["failureThreshold"] >= 60
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in (ready, live):
        assert probe["httpGet"]["port"] in {*ports, *ports.values()}


def test_a_starting_pod_has_two_minutes() -> None:
    probe = PODS["deployment"]["containers"][0]["startupProbe"]
    assert probe["httpGet"]["path"] == "/readyz"
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 120


def test_a_pod_is_given_notice_and_the_time_to_drain() -> None:
    (container,) = PODS["deployment"]["containers"]
    (notice,) = [int(match[1]) for word in container["args"] if (match := re.fullmatch(r"--notice=(\d+)", word))]
    assert notice >= 5
    assert PODS["deployment"]["terminationGracePeriodSeconds"] >= notice + 30 + 45
    strategy = resource("Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


def test_what_selects_pods_selects_ours() -> None:
    labels = resource("Deployment")["spec"]["template"]["metadata"]["labels"]
    spread = [constraint["labelSelector"] for constraint in PODS["deployment"]["topologySpreadConstraints"]]
    selectors = [resource(kind)["spec"]["selector"] for kind in ("Deployment", "PodDisruptionBudget")]
    selectors += [
        {"matchLabels": resource("Service")["spec"]["selector"]},
        resource("NetworkPolicy")["spec"]["podSelector"],
    ]
    for selector in [*selectors, *spread]:
        assert selector["matchLabels"].items() <= labels.items()


def test_named_ports_are_there() -> None:
    names = {port["name"] for port in PODS["deployment"]["containers"][0]["ports"]}
    service = {port["targetPort"] for port in resource("Service")["spec"]["ports"]}
    policy = {port["port"] for rule in resource("NetworkPolicy")["spec"]["ingress"] for port in rule["ports"]}
    assert service | policy <= names


def test_nothing_goes_out_and_only_predictions_come_in_from_anywhere() -> None:
    policy = resource("NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert policy["egress"] == []
    anywhere = [port["port"] for rule in policy["ingress"] if "from" not in rule for port in rule["ports"]]
    assert anywhere == ["https"]


def test_one_pod_may_always_go_and_two_always_stay() -> None:
    budget, scaler = resource("PodDisruptionBudget")["spec"], resource("HorizontalPodAutoscaler")["spec"]
    assert budget["maxUnavailable"] == 1
    assert scaler["minReplicas"] >= 3
    assert "replicas" not in resource("Deployment")["spec"], "an apply would undo what the autoscaler did"
    assert scaler["scaleTargetRef"]["name"] == resource("Deployment")["metadata"]["name"]


def test_the_autoscaler_asks_for_what_the_adapter_makes() -> None:
    metrics = resource("HorizontalPodAutoscaler")["spec"]["metrics"]
    used = {metric["pods"]["metric"]["name"] for metric in metrics if metric["type"] == "Pods"}
    rules = read(ADAPTER)["rules"]["custom"]
    provided = set()
    for rule in rules:
        series = rule["seriesQuery"].partition("{")[0]
        replacement = re.sub(r"\$\{?(\d)\}?", r"\\\1", rule["name"]["as"])
        provided.add(re.sub(rule["name"]["matches"], replacement, series, count=1))
    assert used == provided
    assert any(metric["type"] == "Resource" for metric in metrics), "without Prometheus there is the processor"


def test_the_canary_gets_a_small_share() -> None:
    assert 0 < read(INFERENCE_SERVICE)["spec"]["predictor"]["canaryTrafficPercent"] <= 25


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_compose_gives_no_more_than_kubernetes(service: Any) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service["user"].startswith("0")
    assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "privileged" not in service
    assert all(
        re.match(r"\$\{DIGITS_(MONITORING_)?ADDRESS:-127\.0\.0\.1\}:\d+:\d+$", port) for port in service["ports"]
    )


def test_one_user_everywhere() -> None:
    (user,) = re.findall(r"^USER (\d+:\d+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert SERVICES["node"]["user"] == user
    security = PODS["deployment"]["securityContext"]
    assert f"{security['runAsUser']}:{security['runAsGroup']}" == user
