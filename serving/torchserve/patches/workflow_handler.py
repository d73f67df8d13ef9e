"""Patch of ``WorkflowMgmtRequestHandler``: ``/workflows`` answers 404.

``/workflows`` downloads archives and runs them, even with ``enable_model_api=false``. This product has no workflows.
With the patch ``isManagementReq(segments)`` is false, so the handler passes every request on.

Changes, by method, in the notation of ``javap``:

    handleRequest
    - 0000: aload_0
    - 0001: aload 4
    - 0003: invokespecial Method isManagementReq:([String;)Z
    + 0000: iconst_0
    + 0001-0005: nop
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

PATCH = ClassPatch(
    "org/pytorch/serve/workflow/api/http/WorkflowMgmtRequestHandler.class",
    "0332ece02ef9206a48fe8baab4260b0e0616ef93c1d181e552d3c40a027e78f3",
    {code("2a 1904 b7003d 99008c"): code("03 0000000000 99008c")},
)
