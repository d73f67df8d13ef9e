"""Patch of ``ModelServer``: the thread that reads clients' requests does not read management requests.

TorchServe unpacks an archive in the thread that reads the request to register it, and deletes it in the one that reads
the request to unregister it: 20 to 60 ms in which all other connections wait. With the patch connections to the
management address are read by the threads that accept connections.

Changes, by method, in the notation of ``javap``:

    startRESTserver
    - 0127: aload 4
    + 0127: aload_3
    + 0128: nop
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

PATCH = ClassPatch(
    "org/pytorch/serve/ModelServer.class",
    "779d0df5bfc17c5ad09ac46d63d9a017d48a4cd68c1b7464de914d3cb40190b9",
    {code("2a2c2d 1904 b20258"): code("2a2c2d 2d00 b20258")},
)
