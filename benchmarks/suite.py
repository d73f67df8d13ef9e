"""Suite of all measurements. In each round every contender runs alone on the machine."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from benchmarks import arithmetic, bodies, machine, memory, ours
from benchmarks.contender import Contender, Dialect, Role, RunningContender
from benchmarks.load import Load, measure
from benchmarks.plan import Plan, Point
from benchmarks.results import Content, Results
from serving import paths
from serving.errors import UserError

_WARM_UP_CLIENTS = 64


class SuiteError(UserError):
    """Error: the suite cannot continue an earlier run, or has no results."""


@dataclass(frozen=True)
class Suite:
    """Suite of measurements.

    patience  seconds to wait for an idle machine before each start of a server
    """

    results: Results
    plan: Plan
    contenders: Sequence[Contender]
    patience: float = 60.0

    def run(self) -> None:
        """Make the missing measurements. Raises SuiteError if there are results of another plan.

        If a contender fails to prepare, to start or to answer, the failure is stored and the others are measured.
        """
        self._agree()
        ready = [contender for contender in self.contenders if self._prepared(contender)]
        for number in range(1, self.plan.rounds + 1):
            turn = (number - 1) * len(ready) // self.plan.rounds
            for contender in ready[turn:] + ready[:turn]:
                self._enter(contender, number)
            self._arithmetic(number)
        self.results.put("done", {"at": _now()})

    def _agree(self) -> None:
        """Store plan and machine. Raises SuiteError if the folder has results of another plan or machine."""
        current = {"plan": vars(self.plan), "machine": machine.describe()}
        known = self.results.get("plan")
        if known is None:
            self.results.put("plan", current | {"began": _now(), "versions": machine.versions()})
        elif {key: known[key] for key in current} != orjson.loads(orjson.dumps(current)):
            raise SuiteError(f"{self.results.folder.name} holds results of another plan or machine: remove it first")

    def _prepared(self, contender: Contender) -> bool:
        """Prepare a contender. Return False after a failure. If the contender has changed, remove its results."""
        key = f"contenders/{contender.name}"
        try:
            contender.prepare()
            about = contender.about(contender.versions())
        except Exception as error:  # the other contenders can still be measured
            _say(f"{contender.name}: cannot be prepared: {error}")
            if not self.results.has(key):
                self.results.put(key, contender.about({}))
            self.results.put(f"rounds/1/{contender.name}/failure", _reason(error))
            return False
        known = self.results.get(key)
        if known is not None and known != about:
            _say(f"{contender.name}: changed since it was measured; measured anew")
            self.results.forget(contender.name)
        self.results.put(key, about)
        return True

    def _enter(self, contender: Contender, number: int) -> None:
        base = f"rounds/{number}/{contender.name}"
        missing = [point for point in self.plan.points(contender) if not self.results.has(f"{base}/{point.key}")]
        if not missing and self.results.has(f"{base}/memory"):
            return
        try:
            self._measure(contender, base, missing)
            self.results.drop(f"{base}/failure")
        except Exception as error:  # the other contenders can still be measured; the report has the failure
            _say(f"{base}: failed: {error}")
            self.results.put(f"{base}/failure", _reason(error))

    def _measure(self, contender: Contender, base: str, missing: Sequence[Point]) -> None:
        """Start a contender, and make its missing measurements of one round."""
        directory = (self.results.folder / "run" / contender.name).absolute()
        ours.stop_left(directory)
        shutil.rmtree(directory, ignore_errors=True)
        bodies.samples()  # cached now, so that reading them is not part of the start time
        busy = machine.wait_idle(self.patience)
        _say(f"{base}: starting")
        began = time.perf_counter()
        with contender.running(directory) as service:
            # The start ends with the first right answer; the static answer of a limit is right for the first sample.
            dialect = next(iter(contender.routes))
            bodies.check_first(service.endpoint(dialect), dialect)
            self.results.put(f"{base}/start", {"seconds": time.perf_counter() - began, "busy": busy})
            loads = _loads(contender, service)
            self._warm_up(loads)
            for point in missing:
                self._measure_point(base, point, loads[point.kind])
            self.results.put(f"{base}/memory", memory.by_part(service.pids()))

    def _warm_up(self, loads: dict[str, Load]) -> None:
        """Apply load before the measurements, because JVMs compile for 20 seconds and workers start and fill caches."""
        if not self.plan.warm_up:
            return
        single = [load for load in loads.values() if load.count == 1]
        for load in single:
            measure(load, _WARM_UP_CLIENTS, max(1, self.plan.warm_up / len(single)))
        for load in loads.values():
            if load.count > 1:
                measure(load, 1, 1)

    def _measure_point(self, base: str, point: Point, load: Load) -> None:
        measurement = measure(load, point.clients, self.plan.seconds)
        self.results.put(f"{base}/{point.key}", vars(measurement))
        figures = f"{measurement.rate:9,.0f}/s, p50 {measurement.p50:.2f} ms, p99 {measurement.p99:.2f} ms"
        failed = f" FAILED: {measurement.failure}" if measurement.failure else ""
        _say(f"{base} {point.kind:>4} {point.clients:>3} clients: {figures}{failed}")

    def _arithmetic(self, number: int) -> None:
        key = f"rounds/{number}/arithmetic"
        if not self.results.has(key):
            _say(f"round {number}: the network in this process")
            machine.wait_idle(self.patience)
            self.results.put(key, {"sweep": arithmetic.sweep(min(1.0, self.plan.seconds / 8))})


def _loads(contender: Contender, service: RunningContender) -> dict[str, Load]:
    make = bodies.unchecked if contender.role is Role.LIMIT else bodies.checked
    loads = {dialect.value: make(service.endpoint(dialect), dialect) for dialect in contender.routes}
    if contender.role is Role.OURS:
        loads["many"] = bodies.checked_many(service.endpoint(Dialect.RAW))
    return loads


def _reason(error: Exception) -> Content:
    """Return the class and the last line of an error, without the path of this repository."""
    lines = str(error).replace(f"{paths.ROOT}/", "").strip().splitlines() or [""]
    return {"reason": f"{type(error).__name__}: {lines[-1]}"[:300]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S}  {line.rstrip()}", flush=True)
