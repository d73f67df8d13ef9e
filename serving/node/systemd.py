"""Notifications to systemd, if it started this process: see sd_notify(3)."""

import os
import socket


def notify(state: str) -> None:
    """Send ``READY=1``, ``STOPPING=1`` or ``WATCHDOG=1``; do nothing without systemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.sendto(state.encode(), address.replace("@", "\0", 1))  # @ marks an abstract socket of Linux
