"""Declared models: an ONNX graph and a JSON file that describes it, without code of their own."""
