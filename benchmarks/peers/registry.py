"""Registry of the peers, with the settings that were best on two cores."""

from dataclasses import replace

from benchmarks.contender import Contender, Dialect, Role
from benchmarks.peers.peer import Peer
from benchmarks.peers.torchserve.stock import Stock

_BOTH = {Dialect.RAW: "/raw", Dialect.JSON: "/json"}
_FILES = {Dialect.PNG: "/image", Dialect.JPEG: "/image"}

FLASK = Peer(
    name="flask",
    title="Flask development server",
    settings="as the seed's article has it: app.run, a thread a request, log off",
    folder="flask",
    packages=("flask", "werkzeug"),
    command=("{folder}/server.py", "{ports[0]}"),
    routes={Dialect.JSON: "/json"},
)
GUNICORN = Peer(
    name="gunicorn",
    title="gunicorn + Flask",
    settings="2 sync workers, access log off, orjson",
    folder="gunicorn",
    packages=("gunicorn", "flask"),
    command=(
        *("-m", "gunicorn", "--pythonpath", "{folder}", "--bind", "127.0.0.1:{ports[0]}", "--workers", "2"),
        *("--log-level", "warning", "server:app"),
    ),
    routes=_BOTH | _FILES,
)
FASTAPI = Peer(
    name="fastapi",
    title="FastAPI + uvicorn",
    settings="2 workers, uvloop, httptools, access log off, orjson, predicts in the event loop",
    folder="fastapi",
    packages=("fastapi", "uvicorn", "uvloop", "httptools"),
    command=(
        *("-m", "uvicorn", "server:app", "--app-dir", "{folder}", "--host", "127.0.0.1", "--port", "{ports[0]}"),
        *("--workers", "2", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
        *("--no-server-header", "--no-date-header", "--lifespan", "off"),
    ),
    routes=_BOTH | _FILES,
)
LITSERVE = Peer(
    name="litserve",
    title="LitServe",
    settings="1 worker, 2 API servers, fast_queue, batches of up to 64 after 1 ms, access log off",
    folder="litserve",
    packages=("litserve", "fastapi", "uvicorn"),
    command=("{folder}/server.py", "{ports[0]}", "1"),
    routes={Dialect.JSON: "/json"},
)
MLSERVER = Peer(
    name="mlserver",
    title="MLServer",
    settings="predicts in the server's process; no batching (slower with it at every load), no gzip, access log off",
    folder="mlserver",
    packages=("mlserver", "uvicorn", "pydantic"),
    command=("-c", "from mlserver.cli import main; main()", "start", "."),
    routes={Dialect.V2: "/v2/models/digits/infer"},
    variables={
        "MLSERVER_HOST": "127.0.0.1",
        "MLSERVER_HTTP_PORT": "{ports[0]}",
        "MLSERVER_GRPC_PORT": "{ports[1]}",
        "MLSERVER_METRICS_PORT": "{ports[2]}",
        "MLSERVER_PARALLEL_WORKERS": "0",
        "MLSERVER_DEBUG": "false",
        "MLSERVER_GZIP_ENABLED": "false",
        "MLSERVER_MODEL_NAME": "digits",
        "MLSERVER_MODEL_IMPLEMENTATION": "benchmarks.peers.mlserver.server.MLServerDigits",
    },
)
BENTOML = Peer(
    name="bentoml",
    title="BentoML",
    settings="2 workers, no batching (slower with it at every load), access log and metrics off",
    folder="bentoml",
    packages=("bentoml", "uvicorn", "pydantic"),
    command=(
        *("-m", "bentoml", "serve", "server:BentoDigits", "--working-dir", "{folder}"),
        *("--host", "127.0.0.1", "--port", "{ports[0]}"),
    ),
    routes={Dialect.JSON: "/json"},
    variables={"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{scratch}"},
)
RAY = Peer(
    name="ray-serve",
    title="Ray Serve",
    settings="1 replica, throughput-optimised, asked without the proxy; batches of up to 64 after 1 ms, access log off",
    folder="ray_serve",
    packages=("ray", "uvicorn"),
    command=("{folder}/server.py", "{ports[1]}", "{scratch}"),
    routes=_BOTH,
    variables={
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_DEFAULT_HTTP_HOST": "127.0.0.1",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # everything on loopback
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": "{ports[0]}",  # port of the replica; the proxy is far slower
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": "65535",
    },
    parts={"ServeReplica": "worker", "ray::": "server", "raylet": "server", "gcs_server": "server"},
)


def contenders() -> list[Contender]:
    """Return the peers as users run them, with the network in PyTorch."""
    return [FLASK, GUNICORN, FASTAPI, LITSERVE, MLSERVER, BENTOML, RAY, Stock()]


def aided() -> list[Contender]:
    """Return the fastest peer with the runtime of this service, to separate the effects of server and runtime."""
    settings = f"{FASTAPI.settings}; this service's numpy runtime in place of PyTorch"
    title, variables = f"{FASTAPI.title}, our runtime", {"DIGITS_FORMAT": "numpy"}
    name = "fastapi-numpy"
    return [replace(FASTAPI, name=name, title=title, settings=settings, role=Role.AIDED, variables=variables)]
