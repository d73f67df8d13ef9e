"""The documentation for operators, followed on a node that clients ask meanwhile."""
