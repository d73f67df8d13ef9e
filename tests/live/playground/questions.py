"""Questions to the page's server without a browser."""

import base64
import json
import re
from typing import Any

import httpx

PATH = "/gradio_api/component_server/"


def config(html: str) -> dict[str, Any]:
    """Return what Gradio tells the browser in the page."""
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", html, re.DOTALL)
    assert found
    content: dict[str, Any] = json.loads(found[1])
    return content


def ask(url: str, name: str, file: bytes, **more: str) -> httpx.Response:
    """Ask as the page's script does."""
    components = config(httpx.get(url, trust_env=False).text)["components"]
    (component,) = (one["id"] for one in components if one["type"] == "html")
    data = {"image": base64.b64encode(file).decode(), **more}
    question = {"data": data, "component_id": component, "fn_name": name, "session_hash": "a"}
    return httpx.post(url + PATH, json=question, trust_env=False, timeout=30)
