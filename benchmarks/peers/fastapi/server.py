"""FastAPI app for uvicorn. Each worker loads the model once.

Bodies are read and written without FastAPI's models, which cost more than the network. The app predicts in the event
loop, because passing a request to a thread would cost more than the prediction.
"""

import orjson
from fastapi import FastAPI, Request, Response

from benchmarks.peers.own import Answer, chosen

app = FastAPI(openapi_url=None)
predictor = chosen()


@app.post("/json")
async def predict_json(request: Request) -> Response:
    return _response(predictor.json(orjson.loads(await request.body())))


@app.post("/raw")
async def predict_raw(request: Request) -> Response:
    return _response(predictor.raw(await request.body()))


@app.post("/image")
async def predict_image(request: Request) -> Response:
    return _response(predictor.file(await request.body()))


def _response(answer: Answer) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json")
