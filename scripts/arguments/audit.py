"""Ask which packages of the locks have known vulnerabilities; write results/audit.json and docs/security.md.

Needs network.
"""
