"""Arguments of each command.

The modules import the standard library and modules of this repository that need no more: ``scripts/NAME`` checks its
arguments before anything is installed.
"""
