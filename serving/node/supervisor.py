"""Supervisor of a node: it watches TorchServe and the gateway, restarts them, and lets them finish at the end.

A node is TorchServe on loopback, a gateway before it if one is wanted, and this supervisor; all of it lives in one run
folder. Probes of the node go to the supervisor, because TorchServe reports healthy when it is not:

    /livez    200 while TorchServe's process runs
    /readyz   200 while a worker is READY and the node does not drain
    /workers  200 while a worker is READY, drained or not: what is inside is still answered
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

from serving.gateway.capacity import UNLIMITED, Capacity
from serving.gateway.gateway import Gateway
from serving.gateway.memory import Ebb
from serving.gateway.metering import Meter
from serving.node import deployment, explainers, lock, models, systemd
from serving.node.backoff import Backoff
from serving.node.endpoint import Answer, HealthEndpoint, probe_answer
from serving.node.rpc import RpcProcess
from serving.node.watch import Limits, Status, Watch
from serving.torchserve import keys, registrations, server
from serving.torchserve.management import UNANSWERED
from serving.torchserve.server import Server

logger = logging.getLogger(__name__)


class Supervisor:
    """Supervisor of a node, until it is stopped.

    directory  the run folder
    launch     starts what the node serves, or raises; asked again whenever that has ended
    address    http://host:port of the probes
    gateway    starts the gateway; None where there is none
    limits     times

    Further answers at the address go into ``routes``, and what starts the process that answers gRPC, if one is wanted,
    into ``start_grpc``. A server that runs in the folder already is taken over: the
    supervisor before this one was killed, or there was none.
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
        self.gateway_restarts = 0
        self.routes = {"/livez": self._livez, "/readyz": self._readyz, "/workers": self._workers}
        self._directory = directory
        self._launch = launch
        self._address = address
        self.start_grpc: Callable[[], RpcProcess] | None = None
        self._start_gateway = gateway
        self._limits = limits or Limits()
        self._status = Status(alive=False, ready=False, reason="TorchServe is starting")
        self._server_backoff = Backoff(self._limits.backoff, self._limits.steady)
        self._gateway_backoff = Backoff(self._limits.backoff, self._limits.steady)
        self._watch: Watch | None = None
        self._grpc_backoff = Backoff(self._limits.backoff, self._limits.steady)
        self._gateway: Gateway | None = None
        self._meter: Meter | None = None
        self._grpc: RpcProcess | None = None
        self._token = ""
        self._capacity, self._room = Capacity(), UNLIMITED
        self._ebb = Ebb()
        self._explainers = explainers.Explainers()
        self._heavy: dict[str, str] = {}  # where expensive predictions of a model go
        self._uploads_of = 0  # the JVM that has a worker for them
        self._stopping = threading.Event()
        self._forced = threading.Event()

    def stop(self) -> None:
        """Let ``run`` finish accepted requests and return; a second call skips the wait. A signal may call it."""
        if self._stopping.is_set():
            self._forced.set()
        self._stopping.set()

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Keep the node alive until ``stop`` is called, then drain it.

        started  called once TorchServe and the gateway are started, ready or not

        Raises lock.LockedError if the folder has a supervisor, OSError if the address is taken, and what ``launch``
        and ``gateway`` raise the first time: what never started is for its operator to see, not to be tried for ever.
        """
        with lock.hold(self._directory), HealthEndpoint(self._address, self.routes):
            try:
                self._watch = Watch((running := self._running()) or self._launch(), self._limits, cold=not running)
                self._server_backoff.started()
                self._begin_gateway()
                self._check_grpc()
                started()
                while not self._stopping.wait(self._limits.poll):
                    self._check()
            finally:
                self._end()

    # -- what is answered -------------------------------------------------------------------------------------------

    def _livez(self) -> Answer:
        return probe_answer(self._status.alive, "alive", self._status.reason)

    @property
    def ready(self) -> bool:
        """Return whether the node takes requests."""
        return self._status.ready and not self._stopping.is_set()

    def _readyz(self) -> Answer:
        if self._stopping.is_set():
            return probe_answer(False, "ready", "the node is draining")
        return self._workers()

    def _workers(self) -> Answer:
        """Skip the update if the gateway saw the JVM die before the next sample."""
        watch = self._watch
        if self._status.ready and not (watch and watch.server.running):
            return probe_answer(False, "ready", "TorchServe ended")
        return probe_answer(self._status.ready, "ready", self._status.reason)

    # -- what is done at each look ----------------------------------------------------------------------------------

    def _check(self) -> None:
        """Check everything once. A task that fails is tried again at the next check."""
        _reap()
        systemd.notify("WATCHDOG=1")
        first = (self._check_server, self._check_keys, self._check_gateway, self._check_grpc, self._check_usage)
        for task in (*first, self._check_queue, self._check_heavy, self._check_explainers, self._check_memory):
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
                if self._gateway:
                    self._gateway.asleep(explainers.names(self._directory))  # a new JVM has none of them
                self._send_token()  # first: once the node is ready, the gateway lets requests in
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
        """Rotate the inference key in time, while the gateway pauses, and send it the current key."""
        if not self._watch or not self._status.ready:
            return
        if self._watch.key_is_old():
            with self._gateway.paused() if self._gateway else nullcontext():
                self._watch.management.renew("inference")
                self._send_token()
            logger.info("the inference key is renewed")
        self._send_token()

    def _send_token(self) -> None:
        value = keys.read(self._directory).inference.value
        if self._gateway and value != self._token:
            self._gateway.set_backend_token(value)
            self._token = value

    def _check_gateway(self) -> None:
        if not self._start_gateway or (self._gateway and self._gateway.running):
            return
        if self._gateway:
            logger.error("the gateway ended; it is started again")
            self._gateway.stop()  # what it left behind
            self._gateway = self._meter = None
            self.gateway_restarts += 1
        if self._gateway_backoff.due:
            self._begin_gateway()
            self._check_keys()

    def _check_grpc(self) -> None:
        if not self.start_grpc or (self._grpc and self._grpc.running):
            return
        if self._grpc:
            logger.error("the process that answers gRPC ended; it is started again")
            self._grpc.stop()  # what it left behind
            self._grpc = None
        if self._grpc_backoff.due:
            self._grpc_backoff.started()
            self._grpc = self.start_grpc()

    def _check_usage(self) -> None:
        """Write down what clients have used."""
        if self._meter:
            self._meter.sample()

    def _check_queue(self) -> None:
        """Refuse requests at once that would not be answered in time: that costs less than to let them wait."""
        if self._gateway and (room := self._capacity.sample(*self._gateway.queue())) != self._room:
            self._gateway.set_queue_limit(room)
            self._room = room

    def _check_heavy(self) -> None:
        """Send expensive predictions to a worker of their own once there is one, until then to the others."""
        apart = self._watch is not None and self._watch.server.pid == self._uploads_of
        names = {self._watch.server.name: registrations.UPLOADS.name} if self._watch and apart else {}
        if self._gateway and names != self._heavy:
            self._gateway.heavy(names)
            self._heavy = names

    def _check_explainers(self) -> None:
        """Start the explainers of added models that requests wait for."""
        if self._gateway and self._watch and self._status.ready:
            self._explainers.look(self._watch.server, self._gateway)

    def _check_memory(self) -> None:
        """After a crowd of clients the gateway needs less memory."""
        if self._gateway and self._ebb.sample(self._gateway.connections()):
            self._gateway.give_memory_back()

    def _register(self, running: Server) -> None:
        """Register the main model's archive under its further names, and start the models that were added."""
        archive = deployment.served(running.directory)
        try:
            # One after the other: where cores are few, a worker that starts takes from those that answer.
            if registrations.has_explanations(archive):
                registrations.add(running, registrations.EXPLAINER, archive.name)
            if self._start_gateway:
                registrations.add(running, registrations.UPLOADS, archive.name)
                self._uploads_of = running.pid
        except UNANSWERED:
            logger.warning("the archive could not be registered under its further names", exc_info=True)
        if models.start(running) and self._gateway and running.running:  # some failed, and are not served
            self._gateway.serve(models.routes(running.directory))

    def _begin_gateway(self) -> None:
        if self._start_gateway:
            self._gateway_backoff.started()
            self._capacity, self._room = Capacity(), UNLIMITED
            self._heavy, self._ebb = {}, Ebb()
            self._gateway, self._token = self._start_gateway(), ""
            self._meter = self._gateway.meter()
            self._meter.sample(now=True)  # before the first request, for quotas to hold

    # -- beginning and end ------------------------------------------------------------------------------------------

    def _running(self) -> Server | None:
        """The server that runs in the folder already. One that does not run any more leaves nothing behind."""
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
        if self._meter:
            with suppress(Exception):  # the gateway may be gone
                self._meter.sample(now=True)
        if self._gateway:
            finish = threading.Thread(target=self._gateway.stop)
            finish.start()
            while finish.is_alive() and not self._forced.is_set():
                finish.join(self._limits.poll)
        if self._grpc:
            self._grpc.stop()  # the gateway has its answers
        if self._watch:
            self._watch.stop(self._forced.is_set)
        logger.info("stopped")


def _reap() -> None:
    """Reap ended processes as process 1 of a container: the JVM and its workers."""
    with suppress(ChildProcessError):
        while os.getpid() == 1 and os.waitpid(-1, os.WNOHANG)[0]:
            pass
