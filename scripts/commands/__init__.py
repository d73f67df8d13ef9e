"""Python code of each command: scripts/NAME runs the module of that name."""
