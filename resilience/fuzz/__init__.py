"""Fuzzing: random requests from docs/openapi.yaml to a running server. Its answers must conform to that file.

samples -> schemathesis with requests.py, in its own environment -> server <- control client, which must not be affected
"""
