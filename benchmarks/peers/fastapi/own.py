"""A FastAPI app for an own model, written like the one for digits."""

import orjson
from fastapi import FastAPI, Request, Response

from benchmarks.peers.own import Answer, GraphPredictor, pixels, row

app = FastAPI(openapi_url=None)
predictor = GraphPredictor()


@app.post("/table")
async def predict_table(request: Request) -> Response:
    return _response(predictor.answer(row(orjson.loads(await request.body())["x"])))


@app.post("/image")
async def predict_image(request: Request) -> Response:
    return _response(predictor.answer(pixels(await request.body())))


def _response(answer: Answer) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json")
