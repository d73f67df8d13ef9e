"""Classes of TorchServe's Java frontend, mended in a few bytes and laid where the JVM looks first.

TorchServe is archived, so its classes will not change; should one differ all the same, it is left as it is, and
TorchServe's own way stays.
"""

import hashlib
import importlib.util
import zipfile
from dataclasses import dataclass
from pathlib import Path

_code = bytes.fromhex


@dataclass(frozen=True)
class Mending:
    """A class by its path in the jar and the sha256 of its bytes, and what in it becomes what, wherever it is."""

    path: str
    sha256: str
    edits: dict[bytes, bytes]


# A malformed form makes TorchServe throw while it takes it apart: the client gets a 500 with a Java exception's name,
# and plain ``curl --data-binary`` (which claims to send a form) fails on any '%' in an image. Mended, forms reach the
# worker as they were sent, like every other body, and inference/form.py reads them.
# parseRequest: if (isMultipart(request) || FORM_URLENCODED.contentEqualsIgnoreCase(contentType)) {forms} else {body}
_FORMS = {
    #   ifne forms        -> ifne body, 123 bytes on:  a multipart request takes the branch of plain bodies
    #   aload contentType -> aconst_null, nop:         contentEqualsIgnoreCase(null) is false
    _code("9a000e b20196 1905 b6019c 990070"): _code("9a007b b20196 0100 b6019c 990070"),
}

# What stands behind the '?' of /explanations/NAME never reaches a handler: of the address TorchServe tells it only
# what follows the version in the path, as the header url_path. Mended, url_path is the whole address.
# handlePredictions: headers.add("url_path", ""); if (segments.length > 4) headers.add("url_path", join(rest))
_ADDRESS = {
    #   the pool's size, 590 -> 593, for three more constants at its end:
    #   "uri", its name and type with ()String, and FullHttpRequest.uri, number 592 or 0x250
    _code("cafebabe 00000034 024e"): _code("cafebabe 00000034 0251"),
    _code("0100064c6f6f6b7570 0021 0008 0002"): _code(
        "0100064c6f6f6b7570 010003757269 0c024e00ea 0b0078024f 0021 0008 0002"
    ),
    #   aload request, headers(), "url_path", "", add, pop, and the condition with all that it does
    #   -> aload request, headers(), "url_path", aload request, uri(), add, pop, and 33 times nop
    _code(
        "2cb900770100 127d 127f b60081 57"
        "2dbe07a40022 1287 2d072dbe b80089 c0008f b80091 3a06 2cb900770100 127d 1906 b60081 57"
    ): _code("2cb900770100 127d 2cb902500100 b60081 57" + 33 * "00"),
}

REQUESTS = Mending(
    "org/pytorch/serve/http/api/rest/InferenceRequestHandler.class",
    "915ac25d1f8a2360181528aa8eabd3c769ebd807d54798f0bce9bc934213eb93",
    _FORMS | _ADDRESS,
)

# A batch waits for each further request until maxBatchDelay milliseconds have passed, and one is the least that can be
# set: while there are fewer clients than a batch has room for, every request waits for nothing. Mended, the wait is
# counted in microseconds: a batch takes what is queued and goes. Others queue while the worker is busy, so batches
# still grow with the load.
# pollBatch: jobsQueue.poll(maxDelay, TimeUnit.MILLISECONDS), by the name of that constant in the class's pool
BATCH_DELAY = Mending(
    "org/pytorch/serve/wlm/Model.class",
    "7c5523f1fe77fe79aa32665469e17725e70518692abcf4987989ef72f10d4cff",
    {b"\x01\x00\x0cMILLISECONDS": b"\x01\x00\x0cMICROSECONDS"},
)

# A batch is handed to a thread of another pool, which only hands it on to the connection's thread and waits until it is
# written. Mended, the worker's thread hands it on itself and at once waits for the answer, as it does anyway.
# run: futures.add(CompletableFuture.runAsync(() -> send(i)))    send: channel.writeAndFlush(request).sync()
_HAND_OVER = {
    # aload futures, aload this, iload i; invokedynamic, runAsync, add, pop -> send(i), pop futures, nop
    _code("1908 2a 150a ba01670000 b8016b b901710200 57"): _code("1908 2a 150a b703ed 57 00000000000000000000"),
    # writeAndFlush; sync, pop -> writeAndFlush; nop, pop
    _code("b903550200 b9027b0100 57"): _code("b903550200 0000000000 57"),
}

# Fewer workers of a version: TorchServe closes the connections of those that are too many, interrupts their threads,
# and kills them with -9, whatever they have in hand. Mended, a worker that is not to go with its whole version only
# hears that it runs no more, and ends by itself once its next batch is answered; serving/changes/scaling.py sends it
# one where there is no load.
# shutdown: for each channel {close()} -> if (model.getMinWorkers() != 0) return
_LEAVE = {
    #   the pool's size, 1043 -> 1046: "getMinWorkers", its name and type with ()I, and Model.getMinWorkers, 0x415
    _code("cafebabe 00000034 0413"): _code("cafebabe 00000034 0416"),
    _code("0100064c6f6f6b7570 0021 000b 0002"): _code(
        "0100064c6f6f6b7570 01000d6765744d696e576f726b657273 0c04130063 0a005f0414 0021 000b 0002"
    ),
    #   the loop, 45 bytes -> nops; aload this, model, getMinWorkers, ifeq on, return; nops up to where it went on
    _code(
        "1b 2ab4000a b60164 a20025 2ab4000a 1b b601db c60014 2ab4000a 1b b601db c001df b902b00100 57 840101 a7ffd6"
    ): _code((45 - 11 - 6) * "00" + "2ab4003a b60415 990004 b1" + 6 * "00"),
}

# A batch whose worker was killed with -9 is answered 507, "insufficient storage", as if it had wanted too much memory;
# no proxy tries that again. Mended, it is a 503, as the gateway takes for what it is: a worker that is gone.
# run, wherever finally stands: if (exitValue == 137) {status = HTTP_ENTITY_TOO_LARGE}, made 507 later -> 503
_KILLED = {_code("110089 a00007 11019d 3d"): _code("110089 a00007 1101f7 3d")}

# A worker may die while its next batch is put together: what was taken from the queue by then is in no request yet, and
# is forgotten; its clients never hear of it. Mended, it goes back to the head of the queue, as sendError(null) does it.
# run, wherever finally stands: if (req != null) {sendError(req)} -> sendError(req)
_FORGOTTEN = {
    #   aload this, req, ifnull on, aload this... -> aload this, req, pop, 2 nop, aload this...
    _code("2ab40020 c60012 2ab4003e 2ab40020 1301ef"): _code("2ab40020 570000 2ab4003e 2ab40020 1301ef")
}

WORKERS = Mending(
    "org/pytorch/serve/wlm/WorkerThread.class",
    "5292f5b79ac1ec509876cd997e2605848fd79f0b15b24ebd1a96c9c6b035ffd6",
    _HAND_OVER | _LEAVE | _KILLED | _FORGOTTEN,
)

# modelChanged: if (process.isAlive()) {kill -9} -> if (minWorkers == 0) {kill -9}
SCALING = Mending(
    "org/pytorch/serve/wlm/WorkLoadManager.class",
    "d8078b60dcae76ca80482b1db01510c5babc45e5af88f4cff1b1e18f0e322c74",
    {_code("1910 b600e3 99007f"): _code("1507 000000 9a007f")},
)

# Whatever names no file in the model store is then taken for a folder anywhere on this machine, and its code is run.
# Mended, archives are files in the model store and nothing else.
# downloadModel: if (new File(url).isDirectory()) {...}    if (modelLocation.exists()) {...}
ARCHIVES = Mending(
    "org/pytorch/serve/archive/model/ModelArchive.class",
    "0baabc70f99e18cc9aa986fcda6481eeaa0c221020be4f414eb962b763970cd0",
    {
        #   aload folder, isDirectory(), ifeq      -> false, 4 nop, ifeq
        _code("1907 b6009a 99005d"): _code("03 00000000 99005d"),
        #   aload location, exists(), ifeq         -> false, 4 nop, ifeq
        _code("1905 b600a7 99005d"): _code("03 00000000 99005d"),
    },
)

# /workflows downloads archives and runs them, whatever enable_model_api says, and nothing here has a workflow. Mended,
# the handler passes every request on, and at the end of the chain is a 404.
# handleRequest: if (isManagementReq(segments)) {...} else {chain.handleRequest(...)}
WORKFLOWS = Mending(
    "org/pytorch/serve/workflow/api/http/WorkflowMgmtRequestHandler.class",
    "0332ece02ef9206a48fe8baab4260b0e0616ef93c1d181e552d3c40a027e78f3",
    #   aload this, aload segments, isManagementReq(), ifeq chain -> false, 5 nop, ifeq chain
    {_code("2a 1904 b7003d 99008c"): _code("03 0000000000 99008c")},
)

MENDINGS = (REQUESTS, BATCH_DELAY, WORKERS, SCALING, ARCHIVES, WORKFLOWS)


def mend(directory: Path) -> list[Mending]:
    """Lay the mended classes under the folder that a server is started in, first on its class path.

    Gives those that TorchServe's classes allowed.
    """
    return [mending for mending in MENDINGS if _mend(mending, directory)]


def _mend(mending: Mending, directory: Path) -> bool:
    content = _original(mending.path)
    if hashlib.sha256(content).hexdigest() != mending.sha256:
        return False
    for old, new in mending.edits.items():
        assert old in content
        content = content.replace(old, new)
    target = directory / mending.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return True


def _original(path: str) -> bytes:
    package = importlib.util.find_spec("ts")
    assert package is not None
    assert package.origin is not None
    with zipfile.ZipFile(Path(package.origin).parent / "frontend" / "model-server.jar") as jar:
        return jar.read(path)
