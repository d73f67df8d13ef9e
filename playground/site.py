"""The page on a port of this machine."""

import socket
from collections.abc import Callable
from pathlib import Path

import fastapi
import gradio as gr
import uvicorn

from playground.answers import PageAnswers
from playground.asgi import App
from playground.guard import Guard
from playground.page import look, page
from playground.service import Service

HOST = "127.0.0.1"  # everyone who reaches the page can use the service
_CLOSING_SECONDS = 1  # an open page holds a connection, which is not waited for


def site(directory: Path, port: int) -> App:
    """Return the ASGI application for the server that runs in ``directory``."""
    blocks = page(PageAnswers(Service(directory)))
    gradio = gr.mount_gradio_app(fastapi.FastAPI(openapi_url=None), blocks, "/", show_error=False, **look())
    return Guard(gradio, port)


def serve(directory: Path, port: int, ready: Callable[[], None]) -> None:
    """Serve until interrupted or terminated; ``ready`` is called when the page is reachable.

    Raises OSError if the port is taken.
    """
    config = uvicorn.Config(
        site(directory, port),
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
    )
    with socket.create_server((HOST, port)) as listening:  # from here on connections queue
        ready()
        uvicorn.Server(config).run(sockets=[listening])
