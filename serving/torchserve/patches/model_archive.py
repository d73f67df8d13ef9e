"""Patch of ``ModelArchive``: archives are files in the model store and nothing else.

TorchServe takes a name that is no file in the model store for a folder anywhere on the machine, and runs its code.
With the patch ``new File(url).isDirectory()`` and ``modelLocation.exists()`` are false.

Changes, by method, in the notation of ``javap``:

    downloadModel
    - 0260: aload 7
    - 0262: invokevirtual Method File.isDirectory:()Z
    + 0260: iconst_0
    + 0261-0264: nop
    - 0358: aload 5
    - 0360: invokevirtual Method File.exists:()Z
    + 0358: iconst_0
    + 0359-0362: nop
"""

from serving.torchserve.patches.class_patch import ClassPatch, code

PATCH = ClassPatch(
    "org/pytorch/serve/archive/model/ModelArchive.class",
    "0baabc70f99e18cc9aa986fcda6481eeaa0c221020be4f414eb962b763970cd0",
    {
        code("1907 b6009a 99005d"): code("03 00000000 99005d"),
        code("1905 b600a7 99005d"): code("03 00000000 99005d"),
    },
)
