"""Patch of netty's ``HttpServerCodec``: a body comes in parts of 32 kB.

netty cuts a body into parts of 8 kB. A body of 10 MB has 1,280 of them, and the aggregator copies all that it has into
one buffer when there are more than 1,024: the thread that reads all requests copies 8 MB then. With the patch the
constructor without arguments, which TorchServe calls, sets parts of up to 32,767 bytes, the most that ``sipush``
holds.

Changes, by method, in the notation of ``javap``:

    HttpServerCodec
    - 0007: sipush 8192
    + 0007: sipush 32767
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

PATCH = ClassPatch(
    "io/netty/handler/codec/http/HttpServerCodec.class",
    "6587287ea9be194e31ef549cf2596d875c1526f1b34b4d21c9d3929bb3c9bde4",
    {code("2a 111000 112000 112000"): code("2a 111000 112000 117fff")},
)
