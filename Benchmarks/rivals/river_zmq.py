"""elec2 through what one builds today: River's logistic regression behind a ZeroMQ ROUTER.

Two processes over ipc; 256 messages of raw float32 in flight; predict, then learn, then answer.
Nothing is ever saved. Prints samples per second as JSON.

    PYTHON-WITH-RIVER-AND-PYZMQ river_zmq.py X.npy Y.npy
"""

import json
import os
import subprocess
import sys
import tempfile
import time

import numpy
import zmq
from vw_daemon import scaled

IN_FLIGHT = 256


def serve(endpoint):
    from river import linear_model, optim

    model = linear_model.LogisticRegression(optim.SGD(0.05))
    door = zmq.Context().socket(zmq.ROUTER)
    door.bind(endpoint)
    while True:
        peer, body = door.recv_multipart()
        row = numpy.frombuffer(body, numpy.float32).tolist()
        label = row.pop() > 0
        features = dict(enumerate(row))
        guess = model.predict_one(features)
        model.learn_one(features, label)
        door.send_multipart([peer, b"1" if guess else b"0"])


def main():
    x, y = numpy.load(sys.argv[1]), numpy.load(sys.argv[2])
    rows = numpy.column_stack([scaled(x), y]).astype(numpy.float32)
    messages = [row.tobytes() for row in rows]
    endpoint = "ipc://" + os.path.join(tempfile.mkdtemp(prefix="river-bench."), "door")
    server = subprocess.Popen([sys.executable, __file__, "serve", endpoint])
    try:
        client = zmq.Context().socket(zmq.DEALER)
        client.connect(endpoint)
        client.send(messages[0])  # The server has imported River when it answers.
        client.recv()
        sent = answered = 0
        start = time.perf_counter()
        while answered < len(messages):
            while sent < len(messages) and sent - answered < IN_FLIGHT:
                client.send(messages[sent], copy=True)
                sent += 1
            client.recv()
            answered += 1
        seconds = time.perf_counter() - start
    finally:
        server.kill()
        server.wait()
    print(json.dumps({"samplesPerSecond": len(messages) / seconds}))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        main()
