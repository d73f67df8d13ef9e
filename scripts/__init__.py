"""All commands: the shell scripts scripts/NAME, and their Python code."""
