"""Own ONNX models behind this service and behind peers: a table and an image."""
