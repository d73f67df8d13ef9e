"""Rollout: another version replaces the live one without losing a request.

    copy the archive to the model store; register it as a further version; load it with as many workers; compare it;
    send it a share of the traffic as a canary, if wanted; make it the default; retire the old version.

A failure before the new version is the default removes it. A killed rollout leaves one version served. The next rollout
or rollback first removes the other one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import httpx

from inference.samples import Samples
from serving import audit, paths
from serving.archives import admission, samples
from serving.archives.record import Archive
from serving.changes import comparison, retirement
from serving.changes.canary import Canary
from serving.changes.comparison import PredictionClient
from serving.changes.gates import Gates
from serving.changes.retirement import RetirementError
from serving.errors import UserError
from serving.gateway.gateway import Gateway
from serving.node import deployment, models
from serving.node.deployment import Deployed, Deployment
from serving.node.models import LoadError
from serving.torchserve import registrations, server
from serving.torchserve.management import Management, ready_workers
from serving.torchserve.server import Server

Report = Callable[[str], None]


@dataclass(frozen=True)
class RolloutTrial:
    """Trial of a new version before it becomes the default.

    samples   examples for the comparison with the live version; None for its golden samples
    timed     number of samples that are sent one by one, for latency
    """

    gates: Gates = field(default_factory=Gates)
    samples: Samples | None = None
    canary: Canary | None = None
    timed: int = 200


class Rollout:
    """Rollout on a running server that was started by ``deployment.start_deployed``.

    running  server with the model to roll out: ``server.of(name)``
    gateway  gateway of the node, if it has one
    report   called with a sentence on each step
    """

    def __init__(self, running: Server, gateway: Gateway | None = None, report: Report = print) -> None:
        self._server = running
        self._directory = running.directory
        self._gateway = gateway
        self._report = report

    def forward(self, archive: Archive, trial: RolloutTrial) -> Deployment:
        """Serve another archive. Raises UserError, with the gate that failed and its figures."""
        details = {"model": self._server.name, "version": archive.version, "sha256": archive.sha256}
        with audit.recorded(self._directory, "rollout", **details), self._changing() as live:
            if archive.name != live.current.name:
                raise UserError(f"{archive.name} is another model than the served one, {live.current.name}")
            built = archive.sha256 if archive.path.resolve() == paths.archive(archive.name) else live.built
            if archive.version == live.current.version:
                raise UserError(f"{archive.version} is the live version: package the archive with another --version")
            new = replace(live, built=built).after(deployment.add_to_store(self._directory, archive))
            try:
                return self._replace(live.current, new, trial)
            finally:
                deployment.tidy(self._directory)  # deletes the copy if the version was refused

    def back(self) -> Deployment:
        """Serve the previous archive again. It must load and give the expected results for its golden samples.

        Raises UserError, also where there is none, or none that can be registered beside the live one.
        """
        rolled = audit.recorded(self._directory, "rollback", model=self._server.name)
        with rolled, self._changing() as live:
            older = live.back()
            if older.current.version == live.current.version:
                raise UserError(
                    f"the archive before this one has its version, too, {older.current.version}, and TorchServe keeps "
                    "one archive per version: scripts/down, scripts/rollout --rollback and scripts/up serve it"
                )
            return self._replace(live.current, older, None)

    # -- steps ------------------------------------------------------------------------------------------------------

    def _replace(self, live: Deployed, deployed: Deployment, trial: RolloutTrial | None) -> Deployment:
        """Serve ``deployed.current`` instead of ``live``."""
        new = deployed.current
        if trial and trial.canary and self._gateway is None:
            raise UserError("a canary needs a gateway: start it with scripts/up --gateway")
        golden = samples.read_golden(deployment.load_from_store(self._directory, new).path)
        names = self._names()
        with ExitStack() as undo:
            undo.callback(self._withdraw, new.version)
            self._load(names, new)
            with PredictionClient(self._server, golden.expected) as asker:
                failure = partial(comparison.golden_failure, asker, new.version, golden)
                _stop_on(failure())
                self._report(f"it answers its {len(golden.rows)} golden samples as it must")
                if trial:
                    self._compare(asker, (live.version, new.version), trial, Samples(golden.rows))
                    self._canary(trial.canary, new.version, failure)
            undo.pop_all()
        self._switch(names, new)
        deployment.write(self._directory, deployed)
        if self._gateway:
            self._gateway.serve(models.routes(self._directory))
        self._report(f"{new.version} is the default")
        self._retire(names, live.version)
        return deployed

    def _load(self, names: list[str], new: Deployed) -> None:
        """Register the version under each name, and wait until all its workers are READY."""
        before, start, wanted = len(self._server.load_failures()), time.monotonic(), {}
        for name in names:
            with self._server.manage(name) as management:
                wanted[name] = workers = management.describe()[0]["minWorkers"]
                management.register(new.file, workers, synchronous="false", **registrations.settings(name))
        loading = ", ".join(f"{name} by {workers}" for name, workers in wanted.items())
        self._report(f"{new.version} is registered beside the live version; workers load it: {loading}")
        try:
            models.wait(self._server, wanted, new.version, before)
        except LoadError as error:
            raise UserError(f"{new.version} does not load: {error}") from error
        self._report(f"they are READY after {time.monotonic() - start:.1f} s")

    def _compare(
        self, asker: PredictionClient, versions: tuple[str, str], trial: RolloutTrial, golden: Samples
    ) -> None:
        compared = comparison.compare(asker, versions, trial.samples or golden, trial.timed, trial.gates)
        self._report(str(compared))
        if failures := "; ".join(compared.failures(trial.gates)):
            raise UserError(f"{failures}: scripts/rollout --help shows the thresholds")

    def _canary(self, canary: Canary | None, version: str, failure: Callable[[], str]) -> None:
        if canary and self._gateway:
            self._report(f"it gets {canary.percent:g} % of the requests for {canary.seconds:g} s")
            _stop_on(canary.watch(self._server, self._gateway, version, failure))
            self._report("it did well")

    def _switch(self, names: list[str], new: Deployed) -> None:
        for name in names:
            with self._server.manage(name) as management:
                management.set_default(new.version)
        if self._gateway:
            self._gateway.no_canary()
        if not self._added:
            server.remember(replace(self._server, archive=new.sha256))

    def _retire(self, names: list[str], version: str) -> None:
        for name in names:
            with self._server.manage(name) as management:
                try:
                    retirement.retire(self._server, management, version)
                except RetirementError as error:
                    raise UserError(f"the new version is served, but {error}; the next rollout removes it") from error
        self._report(f"{version} answered all that came to it, and is gone")

    # -- cleanup ----------------------------------------------------------------------------------------------------

    def _withdraw(self, version: str) -> None:
        if not self._server.running:
            return
        self._report(f"{version} is taken away again")
        if self._gateway:
            self._gateway.no_canary()
        for name in self._names():
            with self._server.manage(name) as management:
                if version in retirement.versions(management):
                    retirement.remove(self._server, management, version)

    @contextmanager
    def _changing(self) -> Iterator[Deployment]:
        """Yield the served deployment, once no other process changes it and a killed rollout is cleaned up."""
        try:
            with models.changing(self._directory):
                yield self._tidied()
        except (httpx.HTTPError, OSError) as error:  # no answer, or no space left
            raise UserError(str(error)) from error

    def _tidied(self) -> Deployment:
        deployed = models.serving(self._server)
        if self._gateway:
            self._gateway.no_canary()
        with self._server.manage() as management:
            live = management.describe()[0]
        if self._added and not ready_workers(live):
            raise UserError(f"no worker of {deployed.name} is READY yet: try again when it has started")
        if live["modelVersion"] != deployed.current.version:  # killed between the switch and its record
            deployed = self._switched(deployed, live["modelUrl"])
            deployment.write(self._directory, deployed)
        for name in self._names():
            with self._server.manage(name) as management:
                self._remove_others(management, deployed.current)
        return deployed

    def _switched(self, before: Deployment, file: str) -> Deployment:
        """Return the deployment after a switch to this file, which was a rollback if the file was served before."""
        if before.before and before.before[-1].file == file:
            return before.back()
        archive = admission.admit(deployment.store(self._directory) / file)
        return before.after(Deployed.of(archive, file))

    def _remove_others(self, management: Management, current: Deployed) -> None:
        """Unregister all versions of a name but one."""
        versions = retirement.versions(management)
        if current.version not in versions:  # further names may be missing, for example during a start
            management.register(current.file, **registrations.settings(management.name))
        for version in set(versions) - {current.version}:
            self._report(f"{management.name} {version} is left of a rollout that was killed, and is removed")
            management.set_default(current.version)
            retirement.retire(self._server, management, version)

    # -- registrations ----------------------------------------------------------------------------------------------

    def _names(self) -> list[str]:
        """Return the names that the archive is registered under."""
        own = self._server.name
        names = [own]
        for further in [registrations.explainer(own)] if self._added else registrations.FURTHER:
            with self._server.manage(further) as management:
                names += [further] if registrations.is_there(management) else []
        return names

    @property
    def _added(self) -> bool:
        """Return whether this is an added model, not the node's main one."""
        return self._server.name in deployment.added(self._directory)


def _stop_on(failure: str) -> None:
    if failure:
        raise UserError(failure)
