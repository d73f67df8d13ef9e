"""Fuzzing: random requests from docs/openapi.yaml to a running server, whose answers must conform to the file.

samples -> schemathesis with requests.py, in an environment of its own -> server <- neighbour, who must notice nothing
"""
