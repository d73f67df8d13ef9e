"""Patch of ``WorkLoadManager``: scaling down kills no worker.

``if (process.isAlive()) {kill -9}`` becomes ``if (minWorkers == 0) {kill -9}``: only a version that is removed whole
is killed. See worker_thread.py for how the others end.

Changes, by method, in the notation of ``javap``:

    modelChanged
    - 0245: aload 16
    - 0247: invokevirtual Method Process.isAlive:()Z
    - 0250: ifeq 377
    + 0245: iload 7
    + 0247-0249: nop
    + 0250: ifne 377
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

PATCH = ClassPatch(
    "org/pytorch/serve/wlm/WorkLoadManager.class",
    "d8078b60dcae76ca80482b1db01510c5babc45e5af88f4cff1b1e18f0e322c74",
    {code("1910 b600e3 99007f"): code("1507 000000 9a007f")},
)
