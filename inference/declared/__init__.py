"""Models that a declaration describes: an ONNX graph and a JSON file, without code of their own."""
