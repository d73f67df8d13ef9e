"""Web server of the page on a port of this machine."""

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from playground import limits, page
from playground.answers import Answer, PageAnswers
from playground.guard import Guard
from playground.limiter import QuestionLimiter
from playground.refusal import Refusal
from playground.service import Service

HOST = "127.0.0.1"  # loopback only, because everyone who reaches the page can use the service
_CLOSING_SECONDS = 1  # time to answer the questions in progress
_IDLE_SECONDS = 60  # longer than in the gateway, so that it never sends a question over a closing connection


def site(directory: Path, port: int) -> Starlette:
    """Return the ASGI application for the server that runs in ``directory``."""
    answers, limiter = PageAnswers(Service(directory)), QuestionLimiter()

    def question(answer: Answer) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            return JSONResponse(await limiter.answer(request, answer))

        return Route(f"/{answer.__name__}", endpoint, methods=["POST"], max_body_size=limits.FILE_BYTES)

    application = Starlette(
        routes=[*page.routes(), *map(question, (answers.status, answers.predict, answers.explain))],
        middleware=[Middleware(Guard, port=port)],
        exception_handlers={Refusal: _refused},
    )
    application.router.redirect_slashes = False  # behind the gateway, a redirect would name this address
    return application


def serve(directory: Path, port: int, ready: Callable[[], None]) -> None:
    """Serve until interrupted or terminated. Call ``ready`` when the page is reachable.

    Raises OSError if the port is taken.
    """
    config = uvicorn.Config(
        site(directory, port),
        log_level="warning",
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
    )
    with socket.create_server((HOST, port)) as listening:  # connections queue from here on
        ready()
        uvicorn.Server(config).run(sockets=[listening])


def _refused(_request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)
    return JSONResponse(refusal.json())
