"""Patch of ``Model``: the batch delay is in microseconds, and a single request has none.

A batch waits for each further request until ``maxBatchDelay`` milliseconds have passed, and 1 is the minimum. With
fewer clients than a batch has room for, every request waits in vain. With the patch a batch takes the queued requests
and starts. More requests queue while the worker is busy, so batches still grow with the load.

The unit is a constant of the class, so the other waits of this class use it, too. They wait for jobs of an idle worker,
and try again.

A wait of a microsecond takes over 50, because the thread sleeps until the kernel's timer wakes it. It pays only if more
requests are on their way. With the patch ``pollBatch`` waits only if the last batch had more than one request.

Changes, by method, in the notation of ``javap``:

    constants
    -   interfaces: 0, fields: 48, methods: 69, attributes: 2
    +   interfaces: 0, fields: 49, methods: 69, attributes: 2
    - #498 = Fieldref TimeUnit.MILLISECONDS:TimeUnit;
    + #498 = Fieldref TimeUnit.MICROSECONDS:TimeUnit;
    - #500 = NameAndType MILLISECONDS:TimeUnit;
    + #500 = NameAndType MICROSECONDS:TimeUnit;
    - #502 = Utf8 MILLISECONDS
    + #502 = Utf8 MICROSECONDS
    + #733 = Utf8 batchDelay
    + #734 = NameAndType batchDelay:I
    + #735 = Fieldref Model.batchDelay:I
    + #736 = Utf8 signum
    + #737 = Utf8 (I)I
    + #738 = NameAndType signum:(I)I
    + #739 = Methodref Integer.signum:(I)I
    +   private int batchDelay;
    +     descriptor: I
    +     flags: (0x0002) ACC_PRIVATE
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
    - 0131: getfield Field maxBatchDelay:I
    + 0131: getfield Field batchDelay:I
    - 0158: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0158: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
    - 0258: getstatic Field TimeUnit.MILLISECONDS:TimeUnit;
    + 0258: getstatic Field TimeUnit.MICROSECONDS:TimeUnit;
    - 0385: getstatic Field logger:Logger;
    - 0388: ldc_w String sending jobs, size: {}
    - 0391: aload 4
    - 0393: invokeinterface InterfaceMethod Map.size:()I
    - 0398: invokestatic Method Integer.valueOf:(I)Integer;
    - 0401: invokeinterface InterfaceMethod Logger.trace:(String;Object;)V
    + 0385: aload_0
    + 0386: aload 4
    + 0388: invokeinterface InterfaceMethod Map.size:()I
    + 0393: iconst_1
    + 0394: isub
    + 0395: invokestatic Method Integer.signum:(I)I
    + 0398: aload_0
    + 0399: getfield Field maxBatchDelay:I
    + 0402: imul
    + 0403: putfield Field batchDelay:I
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

_MICROSECONDS = {b"\x01\x00\x0cMILLISECONDS": b"\x01\x00\x0cMICROSECONDS"}

# pollBatch: delay = maxBatchDelay -> delay = batchDelay
# and at its end: logger.trace(jobs.size()) -> batchDelay = Integer.signum(jobs.size() - 1) * maxBatchDelay
_ALONE = {
    #   size of the constant pool, 733 -> 740: seven constants are added at its end
    code("cafebabe 00000034 02dd"): code("cafebabe 00000034 02e4"),
    #   "RuntimeType", flags, this class, its parent, no interfaces, 48 fields -> and constants; 49 fields, the first:
    #   private int batchDelay
    code("01000b52756e74696d6554797065 0021 000a 0002 0000 0030"): code(
        "01000b52756e74696d6554797065"
        "01000a626174636844656c6179 0c02dd0067 09000a02de"
        "0100067369676e756d 010004284929 49 0c02e002e1 0a008b02e2"
        "0021 000a 0002 0000 0031 0002 02dd 0067 0000"
    ),
    code("2ab400e8 85 3706"): code("2ab402df 85 3706"),
    code("b20090 13022a 1904 b9022c0100 b80142 b902080300"): code("2a 1904 b9022c0100 04 64 b802e3 2ab400e8 68 b502df"),
}

PATCH = ClassPatch(
    "org/pytorch/serve/wlm/Model.class",
    "7c5523f1fe77fe79aa32665469e17725e70518692abcf4987989ef72f10d4cff",
    _MICROSECONDS | _ALONE,
)
