"""Supervisor of a node: it monitors and restarts TorchServe and the gateway, and drains both at the end.

A node is a TorchServe on loopback, an optional gateway before it, and this supervisor. All their files are in one run
folder. Probes ask the supervisor, because TorchServe may report healthy when it is not:

    /livez    200 while the process of TorchServe runs
    /readyz   200 while a worker is READY and the node does not drain
    /workers  200 while a worker is READY, also during a drain, when accepted requests are still answered
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from serving.gateway.gateway import Gateway
from serving.node import deployment, lock, models, systemd
from serving.node.backoff import Backoff
from serving.node.endpoint import Answer, HealthEndpoint, probe_answer
from serving.node.rpc import RpcProcess
from serving.node.supervised_gateway import SupervisedGateway
from serving.node.supervised_process import SupervisedProcess
from serving.node.watch import Limits, Status, Watch
from serving.torchserve import registrations, server
from serving.torchserve.management import UNANSWERED
from serving.torchserve.server import Server

logger = logging.getLogger(__name__)


class Supervisor:
    """Supervisor of a node, until it is stopped. A server that already runs in the folder is taken over.

    directory  run folder
    launch     starts TorchServe with the deployed models, or raises; called for each start
    address    http://host:port of the probes
    gateway    starts the gateway; None for a node without one
    limits     times

    Further answers at the address go into ``routes``, and what starts the process that answers gRPC, if one is wanted,
    into ``grpc.start``. A server that runs in the folder already is taken over: the supervisor before this one was
    killed, or there was none.
    """

    def __init__(
        self,
        directory: Path,
        launch: Callable[[], Server],
        address: str,
        gateway: Callable[[], Gateway] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.server_restarts = 0
        self.routes = {"/livez": self._livez, "/readyz": self._readyz, "/workers": self._workers}
        self._directory = directory
        self._launch = launch
        self._address = address
        self._limits = limits or Limits()
        self._status = Status(alive=False, ready=False, reason="TorchServe is starting")
        self._watch: Watch | None = None
        backoff = partial(Backoff, self._limits.backoff, self._limits.steady)
        self._server_backoff = backoff()
        self._gateway = SupervisedGateway(directory, gateway, backoff())
        self.grpc: SupervisedProcess[RpcProcess] = SupervisedProcess("the process that answers gRPC", None, backoff())
        self._uploads_of = 0  # the JVM that has a worker for expensive predictions
        self._stopping = threading.Event()
        self._forced = threading.Event()

    def stop(self) -> None:
        """Let ``run`` answer the accepted requests and return; a second call skips the wait. Signals may call it."""
        if self._stopping.is_set():
            self._forced.set()
        self._stopping.set()

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Keep the node running until ``stop`` is called, then drain it.

        started  called once TorchServe and the gateway are started, ready or not

        Raises lock.LockedError if the folder has a supervisor, and OSError if the address is in use. Errors of the
        first ``launch`` and ``gateway`` are raised, too, because the operator must fix them: a retry would fail again.
        """
        with lock.hold(self._directory), HealthEndpoint(self._address, self.routes):
            try:
                self._watch = Watch((running := self._running()) or self._launch(), self._limits, cold=not running)
                self._server_backoff.started()
                self._gateway.check()
                self.grpc.check()
                started()
                while not self._stopping.wait(self._limits.poll):
                    self._check()
            finally:
                self._end()

    # -- probes -----------------------------------------------------------------------------------------------------

    def _livez(self) -> Answer:
        return probe_answer(self._status.alive, "alive", self._status.reason)

    @property
    def ready(self) -> bool:
        """Return whether the node takes requests."""
        return self._status.ready and not self._stopping.is_set()

    @property
    def gateway_restarts(self) -> int:
        return self._gateway.restarts

    def _readyz(self) -> Answer:
        if self._stopping.is_set():
            return probe_answer(False, "ready", "the node is draining")
        return self._workers()

    def _workers(self) -> Answer:
        """Return the status of the last check, or 503 if the JVM has ended since."""
        watch = self._watch
        if self._status.ready and not (watch and watch.server.running):
            return probe_answer(False, "ready", "TorchServe ended")
        return probe_answer(self._status.ready, "ready", self._status.reason)

    # -- checks -----------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Run all checks once. A check that fails is tried again next time."""
        _reap()
        systemd.notify("WATCHDOG=1")
        gateway = self._gateway
        first = (self._check_server, self._check_keys, self._check_gateway, self.grpc.check, gateway.sample_usage)
        for task in (*first, gateway.limit_queue, self._check_heavy, self._check_explainers, gateway.free_memory):
            try:
                task()
            except Exception:
                logger.exception("%s failed", task.__name__)

    def _check_server(self) -> None:
        if self._watch:
            status = self._watch.sample()
            for worker in self._watch.stalled:
                logger.error("worker %d stands still while requests wait; it is killed, for another to come", worker)
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            if status.ready and not self._status.ready:
                self._watch.warm_up(deployment.served(self._directory))
                models.register(self._watch.server)
                self._gateway.forget_explainers()
                self._gateway.send_token()  # first: once the node is ready, the gateway lets requests in
                logger.info("ready")
                systemd.notify("READY=1")
                threading.Thread(target=self._register, args=[self._watch.server], daemon=True).start()
            self._status = status
            if not (failure := self._watch.failure()):
                return
            logger.error("%s; it is started again", failure)
            self._status = Status(alive=False, ready=False, reason=failure)
            self._watch.kill()
            self._watch = None
        if self._server_backoff.due:
            self._server_backoff.started()
            self.server_restarts += 1
            self._watch = Watch(self._launch(), self._limits)

    def _check_keys(self) -> None:
        """Renew the inference key in time, while the gateway pauses, and send the current key to the gateway."""
        if not self._watch or not self._status.ready:
            return
        if self._watch.key_is_old():
            with self._gateway.paused():
                self._watch.management.renew("inference")
                self._gateway.send_token()
            logger.info("the inference key is renewed")
        self._gateway.send_token()

    def _check_gateway(self) -> None:
        if self._gateway.check():
            self._check_keys()

    def _check_heavy(self) -> None:
        """Send expensive predictions to a worker of their own while there is one, otherwise to the other workers."""
        apart = self._watch is not None and self._watch.server.pid == self._uploads_of
        self._gateway.send_heavy({self._watch.server.name: registrations.UPLOADS} if self._watch and apart else {})

    def _check_explainers(self) -> None:
        if self._watch and self._status.ready:
            self._gateway.look_for_explainers(self._watch.server)

    def _register(self, running: Server) -> None:
        """Register the main model's archive under its further names, and start the added models."""
        archive = deployment.served(running.directory)
        try:
            # One after the other: with few cores, a worker that starts slows down the workers that answer.
            if registrations.has_explanations(archive):
                registrations.add(running, registrations.EXPLAINER, archive.name)
            if self._gateway.start:
                registrations.add(running, registrations.UPLOADS, archive.name)
                self._uploads_of = running.pid
        except UNANSWERED:
            logger.warning("the archive could not be registered under its further names", exc_info=True)
        if models.start(running) and running.running:  # some failed, and are not served
            self._gateway.serve()

    # -- beginning and end ------------------------------------------------------------------------------------------

    def _running(self) -> Server | None:
        """Return the server that already runs in the folder, or None. Clean up after a server that has ended."""
        server.kill_orphans(self._directory)
        running = server.find(self._directory)
        if running and running.running:
            logger.info("the server that runs in %s is taken over", self._directory)
            return running
        if running:
            running.kill()
        return None

    def _end(self) -> None:
        logger.info("draining")
        systemd.notify("STOPPING=1")
        self._stopping.set()
        self._forced.wait(self._limits.notice)
        with suppress(Exception):  # the gateway may be gone
            self._gateway.sample_usage(now=True)
        finish = threading.Thread(target=self._gateway.stop)
        finish.start()
        while finish.is_alive() and not self._forced.is_set():
            finish.join(self._limits.poll)
        self.grpc.stop()  # the gateway has its answers
        if self._watch:
            self._watch.stop(self._forced.is_set)
        logger.info("stopped")


def _reap() -> None:
    """Reap orphaned processes (the JVM and its workers) if this is process 1 of a container."""
    with suppress(ChildProcessError):
        while os.getpid() == 1 and os.waitpid(-1, os.WNOHANG)[0]:
            pass
