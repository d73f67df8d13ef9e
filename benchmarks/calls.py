"""Comparison of gRPC and REST through the gateway, for docs/gateway.md#grpc: the same tensor over TLS and HTTP/2.

h2load sends both. It reads only the status of an answer, so one answer is checked before the load, and the error counts
of the gateway are read after it.
"""

import argparse
import statistics
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import orjson
from open_inference.grpc import protocol, service

from benchmarks import bodies, h2load, machine, ours, processor
from benchmarks.bodies import AnswerError
from benchmarks.contender import Endpoint
from benchmarks.gateway import gate, refusals
from benchmarks.load import Load, in_turn
from benchmarks.ours import DigitsServer
from benchmarks.results import publish
from serving.errors import UserError
from serving.gateway.gateway import Gateway
from serving.gateway.launch import GRPC_SOCKET
from serving.node import rpc
from serving.paths import ROOT
from serving.waiting import within
from training.reports.markdown import table
from training.reports.page import render

CLIENTS, WARM_UP, SECONDS = 64, 10.0, 3.0
LEAST_SHARE, MOST_TIMES = 1 / 3, 2.0  # limits for the ratios to REST: throughput, and median time at one client
_START_SECONDS = 20.0  # of the process that answers gRPC
_CALL = "/inference.GRPCInferenceService/ModelInfer"


@contextmanager
def stand(directory: Path) -> Iterator[tuple[Mapping[str, Load], Mapping[int, str], Gateway]]:
    """Start the servers, and yield the two loads, the names of the parts by process id, and the gateway."""
    with (
        DigitsServer(behind_gateway=True).running(directory / "behind_gateway") as running,
        gate(directory, "https", running, gateway_grpc="true") as front,
    ):
        answering = rpc.start(directory / "https")
        try:
            if not within(_START_SECONDS, (directory / "https" / GRPC_SOCKET).is_socket):
                raise UserError("the process that answers gRPC did not start: see grpc.log")
            key = {"authorization": f"Bearer {ours.load_key(front)}"}
            image = bodies.samples().images[0].tobytes()
            calls = Endpoint(front.url + _CALL, {"content-type": "application/grpc", "te": "trailers", **key})
            loads = {"REST": rest(front, key, image), "gRPC": Load(calls, [_framed(request(image))], "")}
            check(front, key, image)
            pids = {**running.pids(), front.pid: "gateway", answering.pid: "gRPC"}
            yield loads, pids, front
        finally:
            answering.stop()


def request(image: bytes) -> Any:
    """Return the gRPC message for one image of 784 bytes."""
    tensor = protocol.ModelInferRequest.InferInputTensor(name="pixels", datatype="UINT8", shape=[1, 784])
    return protocol.ModelInferRequest(model_name="digits", inputs=[tensor], raw_input_contents=[image])


def rest(front: Gateway, key: Mapping[str, str], image: bytes) -> Load:
    """Return the load of the same request by REST."""
    tensor = {"name": "pixels", "datatype": "UINT8", "shape": [1, 784], "parameters": {"binary_data_size": 784}}
    head = orjson.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}})
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": str(len(head))}
    return Load(Endpoint(f"{front.url}/v2/models/digits/infer", {**headers, **key}), [head + image], "")


def check(front: Gateway, key: Mapping[str, str], image: bytes) -> None:
    """Raise AnswerError if the gRPC answer has other probabilities than the model."""
    trust = grpc.ssl_channel_credentials(front.certificate.read_bytes())
    with grpc.secure_channel(front.url.removeprefix("https://"), trust) as channel:
        stub = service.GRPCInferenceServiceStub(channel)
        answer = stub.ModelInfer(request(image), metadata=tuple(key.items()), timeout=30)
    probabilities = np.frombuffer(answer.raw_output_contents[1], "<f4")
    if not np.allclose(probabilities, bodies.samples().probabilities[0], rtol=0, atol=1e-4):
        raise AnswerError("gRPC gives other probabilities than the model")


def measure(starts: int, rounds: int, directory: Path) -> dict[str, dict[str, list[Any]]]:
    """Return, by protocol, the answers per second, the median ms at one client, and the microseconds by part."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for start in range(starts):
        with stand(directory) as (loads, pids, front):
            for load in loads.values():
                h2load.measure(load, CLIENTS, WARM_UP)
            in_turn(rows, loads, rounds, partial(_round, loads, pids))
            if failed := refusals(front):
                raise UserError(f"{failed} requests got an error while they were measured")
        results = {name: {key: [row[key] for row in rows_] for key in rows_[0]} for name, rows_ in rows.items()}
        shown = {name: round(statistics.median(figures["rate"])) for name, figures in results.items()}
        print(f"start {start + 1} of {starts}, answers/s: {shown}", flush=True)
    return results


def _round(loads: Mapping[str, Load], pids: Mapping[int, str], name: str) -> dict[str, Any]:
    before = processor.spent(pids)
    count = h2load.measure(loads[name], CLIENTS, SECONDS)
    parts = processor.per_answer(before, processor.spent(pids), count)
    p50 = statistics.median(h2load.durations(loads[name], 1, SECONDS))
    return {"rate": count / SECONDS, "p50": p50, "parts": parts}


def report(results: Mapping[str, Any]) -> str:
    """Return the report of the results."""
    rounds = results["rounds"]
    rate, p50 = ({name: statistics.median(row[key]) for name, row in rounds.items()} for key in ("rate", "p50"))
    kinds = sorted(rounds["gRPC"]["parts"][0])
    parts = {
        name: {kind: statistics.median(times.get(kind, 0.0) for times in row["parts"]) for kind in kinds}
        for name, row in rounds.items()
    }
    rates = [[name, f"{rate[name]:,.0f}", f"{p50[name]:.2f}"] for name in rounds]
    return render(
        __file__,
        **results,
        **results["machine"],
        count=len(rounds["gRPC"]["rate"]),
        clients=CLIENTS,
        least=LEAST_SHARE,
        most=MOST_TIMES,
        share=rate["gRPC"] / rate["REST"],
        times=p50["gRPC"] / p50["REST"],
        rates=table(["", f"answers a second at {CLIENTS} clients", "median ms at one client"], rates),
        parts=table(["", *kinds], [[name, *(f"{times[kind]:.0f}" for kind in kinds)] for name, times in parts.items()]),
    )


def main(args: argparse.Namespace) -> None:
    h2load.check_installed()
    results: dict[str, Any] = {"machine": machine.describe(), "versions": machine.versions()}
    results["rounds"] = measure(args.starts, args.rounds, ROOT / ".bench" / "grpc")
    publish(args.docs, "grpc-cost.json", results, "gateway.md#grpc", report(results))


def _framed(message: Any) -> bytes:
    content: bytes = message.SerializeToString()
    return b"\0" + len(content).to_bytes(4, "big") + content
