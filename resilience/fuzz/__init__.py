"""Random requests, made from docs/openapi.yaml, at a running server: it must answer each as that file says.

samples -> schemathesis with requests.py, in an environment of its own -> server <- neighbour, who must notice nothing
"""
