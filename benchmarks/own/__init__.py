"""Comparison of this service and peers with own ONNX models, for a table and for images."""
