"""App as in tutorials, with the development server of Flask and JSON."""

import logging
import sys
from typing import Any

from flask import Flask, jsonify, request

from benchmarks.peers.predictor import BundlePredictor

app = Flask(__name__)
predictor = BundlePredictor()


@app.post("/json")
def predict() -> Any:
    return jsonify(predictor.json(request.get_json()))


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
