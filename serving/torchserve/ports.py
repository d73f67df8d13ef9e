"""Ports of this machine: free ones, and the owners of busy ones."""

import secrets
import socket
from collections.abc import Mapping

import psutil

from serving.errors import UserError

# Below the ephemeral ports: a client could take one of those before its server starts.
_RANGE = range(11_000, 32_768)


class PortBusyError(UserError):
    """Error about a port that another process uses."""


def free(count: int) -> list[int]:
    """Return ports on loopback without a listener, and reserve them."""
    ports: list[int] = []
    while len(ports) < count:
        port = secrets.choice(_RANGE)
        if reserve(port):
            ports.append(port)
    return ports


def reserve(port: int) -> bool:
    """Reserve a free port on loopback until this process ends. Return False if the port is not free.

    Calls of this function in any process exclude one another. A server may still listen at the port, because it and the
    socket that stays open here share the address.
    """
    holder = socket.socket()
    try:
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        return False
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # after the bind, so that two calls cannot share it
    holder.detach()
    return True


def check_free(port: int, use: str) -> None:
    """Check that a port is free. Raises PortBusyError, which names the port, its use and its owner."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise PortBusyError(f"port {port} ({use}) is busy: {_owner(port)} listens on it") from error


def check_all_free(uses: Mapping[int, str]) -> None:
    """Check that ports are free: port -> use. Raises PortBusyError, which names all busy ports."""
    busy = []
    for port, use in uses.items():
        try:
            check_free(port, use)
        except PortBusyError as error:
            busy.append(str(error))
    if busy:
        raise PortBusyError(f"{'; '.join(busy)}: stop it, or start here with --ports and another number")


def _owner(port: int) -> str:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return "another user's process"
    for connection in connections:
        if (
            connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
            and connection.pid
        ):
            return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return "another user's process"
