"""Flask app for gunicorn. Each worker loads the model once."""

import orjson
from flask import Flask, Response, request

from benchmarks.peers.predictor import Answer, BundlePredictor

app = Flask(__name__)
predictor = BundlePredictor()


@app.post("/json")
def predict_json() -> Response:
    return _response(predictor.json(orjson.loads(request.get_data(cache=False))))


@app.post("/raw")
def predict_raw() -> Response:
    return _response(predictor.raw(request.get_data(cache=False)))


@app.post("/image")
def predict_image() -> Response:
    return _response(predictor.file(request.get_data(cache=False)))


def _response(answer: Answer) -> Response:
    return Response(orjson.dumps(answer), mimetype="application/json")
