"""Patch of ``WorkerThread``: faster batches, drained workers, no lost requests.

Batches: a batch is handed to a thread of another pool, which passes it to the connection's thread and waits until it
is written. With the patch the worker's thread passes it on itself.

Scaling down: TorchServe closes the connections of surplus workers, interrupts their threads and kills them with -9,
with their requests. With the patch ``shutdown`` returns early unless the whole version is removed. The worker ends
after its next batch; serving/changes/scaling.py sends it one if there is no load.

Killed workers: a batch whose worker was killed with -9 is answered 507, which proxies do not retry. With the patch it
is a 503, which the gateway retries.

Lost requests: if a worker dies while its next batch is assembled, the requests taken from the queue are never
answered. With the patch they return to the head of the queue: ``sendError`` does that when it gets null.

Changes, by method, in the notation of ``javap``; the compiler repeats ``finally`` seven times in ``run``:

    constants
    + #1043 = Utf8 getMinWorkers
    + #1044 = NameAndType getMinWorkers:()I
    + #1045 = Methodref Model.getMinWorkers:()I
    run
    - 0196: invokedynamic InvokeDynamic #0:run:(WorkerThread;I)Runnable;
    - 0201: invokestatic Method CompletableFuture.runAsync:(Runnable;)CompletableFuture;
    - 0204: invokeinterface InterfaceMethod List.add:(Object;)Z
    - 0209: pop
    + 0196: invokespecial Method lambda$run$0:(I)V
    + 0199: pop
    + 0200-0209: nop
    - 0692: sipush 413
    + 0692: sipush 503
    - 0700: ifnull 718
    + 0700: pop
    + 0701-0702: nop
    - 0982: sipush 413
    + 0982: sipush 503
    - 0990: ifnull 1008
    + 0990: pop
    + 0991-0992: nop
    - 1130: sipush 413
    + 1130: sipush 503
    - 1138: ifnull 1156
    + 1138: pop
    + 1139-1140: nop
    - 1315: sipush 413
    + 1315: sipush 503
    - 1323: ifnull 1341
    + 1323: pop
    + 1324-1325: nop
    - 1463: sipush 413
    + 1463: sipush 503
    - 1471: ifnull 1489
    + 1471: pop
    + 1472-1473: nop
    - 1644: sipush 413
    + 1644: sipush 503
    - 1652: ifnull 1670
    + 1652: pop
    + 1653-1654: nop
    - 1787: sipush 413
    + 1787: sipush 503
    - 1795: ifnull 1813
    + 1795: pop
    + 1796-1797: nop
    shutdown
    - 0027: iload_1
    - 0028: aload_0
    - 0029: getfield Field backendChannel:ArrayList;
    - 0032: invokevirtual Method ArrayList.size:()I
    - 0035: if_icmpge 72
    - 0038: aload_0
    - 0039: getfield Field backendChannel:ArrayList;
    - 0042: iload_1
    - 0043: invokevirtual Method ArrayList.get:(I)Object;
    - 0046: ifnull 66
    - 0049: aload_0
    - 0050: getfield Field backendChannel:ArrayList;
    - 0053: iload_1
    - 0054: invokevirtual Method ArrayList.get:(I)Object;
    - 0057: checkcast class Channel
    - 0060: invokeinterface InterfaceMethod Channel.close:()ChannelFuture;
    - 0065: pop
    - 0066: iinc 1, 1
    - 0069: goto 27
    + 0027-0054: nop
    + 0055: aload_0
    + 0056: getfield Field model:Model;
    + 0059: invokevirtual Method Model.getMinWorkers:()I
    + 0062: ifeq 66
    + 0065: return
    + 0066-0071: nop
    lambda$run$0
    - 0020: invokeinterface InterfaceMethod ChannelFuture.sync:()ChannelFuture;
    + 0020-0024: nop
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

# run: futures.add(CompletableFuture.runAsync(() -> send(i)))    send: channel.writeAndFlush(request).sync()
_HAND_OVER = {
    # aload futures, aload this, iload i; invokedynamic, runAsync, add, pop -> send(i), pop futures, nop
    code("1908 2a 150a ba01670000 b8016b b901710200 57"): code("1908 2a 150a b703ed 57 00000000000000000000"),
    # writeAndFlush; sync, pop -> writeAndFlush; nop, pop
    code("b903550200 b9027b0100 57"): code("b903550200 0000000000 57"),
}

# shutdown: for each channel {close()} -> if (model.getMinWorkers() != 0) return
_LEAVE = {
    #   size of the constant pool, 1043 -> 1046: three constants are added at its end
    code("cafebabe 00000034 0413"): code("cafebabe 00000034 0416"),
    code("0100064c6f6f6b7570 0021 000b 0002"): code(
        "0100064c6f6f6b7570 01000d6765744d696e576f726b657273 0c04130063 0a005f0414 0021 000b 0002"
    ),
    code(
        "1b 2ab4000a b60164 a20025 2ab4000a 1b b601db c60014 2ab4000a 1b b601db c001df b902b00100 57 840101 a7ffd6"
    ): code((45 - 11 - 6) * "00" + "2ab4003a b60415 990004 b1" + 6 * "00"),
}

# run: if (exitValue == 137) {status = HTTP_ENTITY_TOO_LARGE}, made 507 later -> 503
_KILLED = {code("110089 a00007 11019d 3d"): code("110089 a00007 1101f7 3d")}

# run: if (req != null) {sendError(req)} -> sendError(req)
_FORGOTTEN = {code("2ab40020 c60012 2ab4003e 2ab40020 1301ef"): code("2ab40020 570000 2ab4003e 2ab40020 1301ef")}

PATCH = ClassPatch(
    "org/pytorch/serve/wlm/WorkerThread.class",
    "5292f5b79ac1ec509876cd997e2605848fd79f0b15b24ebd1a96c9c6b035ffd6",
    _HAND_OVER | _LEAVE | _KILLED | _FORGOTTEN,
)
