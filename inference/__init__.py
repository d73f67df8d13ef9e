"""Inference code shared by every served model. It imports no other package of this repository."""

import os

# ONNX Runtime sends telemetry to Microsoft unless this variable is set before its first import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
