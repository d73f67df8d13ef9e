"""The three files of the page. They are few, so that a browser needs few requests at once."""

import json
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Route

from playground import examples, limits

_WEB = Path(__file__).with_name("web")
# Each script uses the scripts before it. The last one starts the page.
_SCRIPTS = ("latest", "pad", "pixels", "result", "links", "shrink", "page")


def routes() -> list[Route]:
    """Return the routes of the files. The files are read once."""
    settings = {"examples": examples.load(), "bytes": limits.FILE_BYTES, "side": limits.SIDE}
    script = [f"const settings = {json.dumps(settings)};", *(_read(f"{name}.js") for name in _SCRIPTS)]
    files = {
        "/": Response(_read("page.html"), media_type="text/html"),
        "/page.css": Response(_read("page.css"), media_type="text/css"),
        "/page.js": Response("\n".join(script), media_type="text/javascript"),
    }
    return [Route(path, file, methods=["GET"]) for path, file in files.items()]


def _read(name: str) -> str:
    return (_WEB / name).read_text()
