"""Service around a bundle: archives, TorchServe, the gateway before it, the node of both, and changes to them."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in inference, because onnxruntime may be imported before inference
