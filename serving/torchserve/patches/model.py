"""Patch of ``Model``: the batch delay is in microseconds.

A batch waits for each further request until ``maxBatchDelay`` milliseconds have passed, and 1 is the minimum. With
fewer clients than a batch has room for, every request waits in vain. With the patch a batch takes the queued requests
and goes. More requests queue while the worker is busy, so batches still grow with the load.

The unit is a constant of the class, so the other waits of this class use it, too. They wait for jobs of one worker,
which is idle then, and try again.

Changes, by method, in the notation of ``javap``:

    constants
    - #498 = Fieldref TimeUnit.MILLISECONDS:TimeUnit;
    + #498 = Fieldref TimeUnit.MICROSECONDS:TimeUnit;
    - #500 = NameAndType MILLISECONDS:TimeUnit;
    + #500 = NameAndType MICROSECONDS:TimeUnit;
    - #502 = Utf8 MILLISECONDS
    + #502 = Utf8 MICROSECONDS
    pollMgmtJob
    - 0079: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0079: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
    pollInferJob
    - 0039: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0039: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
    - 0175: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0175: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
    pollBatch
    - 0079: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0079: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
    - 0158: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0158: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
    - 0258: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0258: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
"""

from serving.torchserve.patches.class_patch import ClassPatch

PATCH = ClassPatch(
    "org/pytorch/serve/wlm/Model.class",
    "7c5523f1fe77fe79aa32665469e17725e70518692abcf4987989ef72f10d4cff",
    {b"\x01\x00\x0cMILLISECONDS": b"\x01\x00\x0cMICROSECONDS"},
)
