"""Start of a gateway, and its resumption by another supervisor."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from inference import cores, files
from serving.gateway import capacity, certificate, clients, haproxy, routes
from serving.gateway.gateway import CLIENTS, STATE, Gateway, find
from serving.gateway.haproxy import FOLDER, GatewayError
from serving.gateway.routes import Route
from serving.gateway.settings import NUMBERS, Settings
from serving.torchserve import server
from serving.waiting import within

_CONFIG = Path(__file__).with_name("haproxy.cfg")
_LUA = Path(__file__).parent
_PAGE = Path(__file__).with_name("page.html")
# HAProxy 2.6 frees and allocates 16 KiB buffers at every request. glibc keeps blocks of this size only with these
# settings.
_MALLOC = "glibc.malloc.tcache_max=65536:glibc.malloc.tcache_count=32:glibc.malloc.trim_threshold=67108864"
_START_SECONDS = 10.0
# Sockets in the run folder, which is HAProxy's working directory: of the gRPC process, and of HAProxy for predictions
# from that process.
GRPC_SOCKET, INSIDE_SOCKET = "grpc.sock", "inside.sock"
_GRPC = {
    "GATEWAY_GRPC": f"unix@/proc/self/cwd/{GRPC_SOCKET}",
    "GATEWAY_INSIDE": f"unix@/proc/self/cwd/{INSIDE_SOCKET}",
}
_RUNTIME = f"held all\ntoken none\ncanary none\nroom {capacity.UNLIMITED}\n"


def start(directory: Path, settings: Settings, models: Iterable[Route]) -> Gateway:
    """Start a gateway for the node in a run folder, and for these models.

    It forwards no request before it receives TorchServe's key. Raises GatewayError with HAProxy's message if it does
    not start.
    """
    folder = directory.resolve() / FOLDER
    files.make_folder(folder, files.PRIVATE_FOLDER)
    folder.chmod(files.PRIVATE_FOLDER)  # an older folder may have another mode
    callers = settings.clients or folder / CLIENTS
    url = f"{'https' if settings.tls else 'http'}://{_reachable(settings.bind)}"
    try:
        clients.make(callers)
    except (ValueError, OSError) as error:
        raise GatewayError(f"{callers} cannot be used: {error}") from error
    settings = _certified(folder, settings)
    scratch = Path(tempfile.mkdtemp(prefix="gateway-"))  # short, because the path of a socket has at most 108 bytes
    try:
        return _launch(Gateway(folder, callers, url, 0, scratch / "socket", _content(settings)), settings, models)
    except BaseException:
        shutil.rmtree(scratch)
        raise


def resume(directory: Path, settings: Settings, models: Iterable[Route]) -> Gateway | None:
    """Take over the running gateway of a run folder, with its connections, in the state of a new gateway.

    Returns None if none runs, or if its settings differ.
    """
    running = find(directory)
    if not (running and running.running and running.answers):
        return None
    if running.content != _content(_certified(running.directory, settings)):
        return None
    haproxy.keep(running.pipe, running.log, _CONFIG)
    running.set_queue_limit(capacity.UNLIMITED)
    running.serve(models)
    running.heavy({})
    return running


def _certified(folder: Path, settings: Settings) -> Settings:
    """Return the settings with a self-signed certificate, if TLS is on and none is configured."""
    if not settings.tls or settings.certificate:
        return settings
    return replace(settings, certificate=certificate.self_signed(folder, settings.bind.rpartition(":")[0]))


def _content(settings: Settings) -> str:
    """Return the sha256 of the settings and of all files that HAProxy reads only at its start."""
    sources = [_CONFIG, _PAGE, *sorted(_LUA.glob("*.lua")), *filter(None, [settings.certificate])]
    digest = hashlib.sha256(repr(settings).encode())
    for path in sources:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def _launch(gateway: Gateway, settings: Settings, models: Iterable[Route]) -> Gateway:
    files.replace(gateway.runtime_map, _RUNTIME.encode(), files.PRIVATE)
    allowed = clients.allowed(clients.read(gateway.clients))
    empty: dict[str, routes.Entries] = {routes.SHARES: {}, routes.HEAVY: {}, routes.QUOTAS: {}}
    first = empty | {clients.ALLOWED: allowed}
    for name, entries in (first | routes.maps(models)).items():
        files.replace(gateway.maps / name, routes.content(entries), files.PRIVATE)
    environment = _environment(gateway, settings)
    folder = gateway.directory.parent
    process = haproxy.run(_CONFIG, environment, folder, gateway.pipe, settings.memory)
    gateway = replace(gateway, pid=process.pid)
    if not within(_START_SECONDS, lambda: process.poll() is not None or gateway.answers) or process.poll():
        process.kill()
        raise GatewayError(f"HAProxy did not start: {haproxy.last_words(gateway.log)}")
    STATE.write(folder, gateway)
    return gateway


def _environment(gateway: Gateway, settings: Settings) -> dict[str, str]:
    health, _, port = settings.health.rpartition(":")
    environment = {
        "GATEWAY_BIND": settings.bind,
        "GATEWAY_CERTIFICATE": str(settings.certificate) if settings.tls else "",
        "GATEWAY_CLIENTS": str(gateway.clients),
        "GATEWAY_RUNTIME": str(gateway.runtime_map),
        "GATEWAY_MAPS": str(gateway.maps),
        "GATEWAY_SOCKET": str(gateway.socket),
        "GATEWAY_LUA": str(_LUA),
        "GATEWAY_PAGE": str(_PAGE),
        "GATEWAY_PLAYGROUND": settings.playground,
        "GATEWAY_METRICS": settings.metrics,
        "GATEWAY_LOGGED": settings.log,
        "GATEWAY_HOSTS": " ".join(("localhost", "127.0.0.1", *settings.hosts)),
        **{f"GATEWAY_{name.upper()}": str(getattr(settings, name)) for name in NUMBERS},
        "GATEWAY_UPLOAD_RATE": str(settings.upload_rate * cores.available()),
        "INFERENCE": f"unix@{server.SOCKET}" if settings.behind_gateway else settings.inference,
        "GATEWAY_DIRECT": settings.inference if settings.behind_gateway else "",
        **(_GRPC if settings.grpc else {}),
        "GATEWAY_ORIGINS": " ".join(settings.origins),
        "HEALTH_ADDRESS": health,
        "HEALTH_PORT": port,
        "GLIBC_TUNABLES": _MALLOC,
    }
    return {name: value for name, value in environment.items() if value}


def _reachable(bind: str) -> str:
    """Return the address at which clients on this machine reach a bound address."""
    host, _, port = bind.rpartition(":")
    return f"{'127.0.0.1' if host in ('', '*', '0.0.0.0') else host}:{port}"  # noqa: S104 - only compared, not bound
