"""Entry point: ``python -m serving.rpc SOCKET GATEWAY LOG`` serves at SOCKET until SIGTERM, through GATEWAY."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from serving import log, rotation
from serving.rpc.calls import Calls
from serving.rpc.server import RpcServer
from serving.rpc.upstream import Upstream

_DRAIN_SECONDS = 30.0


async def serve(address: str, gateway: str) -> None:
    """Answer calls until SIGTERM, then finish the accepted ones within a time limit."""
    upstream = Upstream(gateway)
    server = RpcServer(Calls(upstream).table)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await server.start(address)
    logging.info("gRPC is answered by process %d", os.getpid())
    await stopping.wait()
    await server.stop(_DRAIN_SECONDS)
    await upstream.close()


if __name__ == "__main__":
    address, gateway, path = sys.argv[1:]
    os.umask(0o077)  # only this user may connect to the socket
    rotation.redirect(Path(path))
    log.begin(True)
    asyncio.run(serve(address, gateway))
