#!/usr/bin/env python3
"""A gate that asks a classifier of yours, and people where it isn't sure. Needs Python 3.11 and nothing else:
  GATE_SECRET=whsec_... CLASSIFIER="python3 my_model.py" python3 examples/gate-classifier.py [PORT]
CLASSIFIER reads a JPEG from stdin, and prints how bad the picture is: a number from 0 to 1. Without it people decide about every image.
The service: GATE_HTTP_CLASSIFIER=http://127.0.0.1:8100/, GATE_HTTP_CLASSIFIER_SECRET (the same), OUTBOUND_ALLOW=127.0.0.1/32:8100
"""

import base64
import hashlib
import hmac
import json
import os
import shlex
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["GATE_SECRET"].removeprefix("whsec_"))
CLASSIFIER = shlex.split(os.environ.get("CLASSIFIER", ""))
PASSES_BELOW, REFUSED_ABOVE = 0.2, 0.8
MAX_BYTES = 4_000_000
MAX_AGE_SECONDS = 300


def is_signed(headers, body):
    """Standard Webhooks: only the service knows the secret, and an old request can't be sent again."""
    sent_at = headers.get("webhook-timestamp", "")
    if not sent_at.isdigit() or abs(time.time() - int(sent_at)) > MAX_AGE_SECONDS:
        return False
    signed = f"{headers.get('webhook-id', '')}.{sent_at}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
    return any(hmac.compare_digest(expected, one) for one in headers.get("webhook-signature", "").split())


def verdict_of(jpeg):
    """What the service is told; None: people decide."""
    if not CLASSIFIER:
        return None
    run = subprocess.run(CLASSIFIER, input=jpeg, capture_output=True, timeout=20, check=True)
    score = float(run.stdout)
    if score < PASSES_BELOW:
        return {"verdict": "pass"}
    if score > REFUSED_ABOVE:
        reason = "expected a picture that everyone may see; got one that our classifier refuses"
        return {"verdict": "refuse", "reason": reason, "private_reason": f"score {score:.2f}"}
    return None


class Gate(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_signed(self.headers, body):
            return self.answer(401)
        try:
            verdict = verdict_of(base64.b64decode(json.loads(body)["preview"]["data"]))
        except (subprocess.SubprocessError, ValueError) as error:
            print(f"the classifier failed: {error}", file=sys.stderr, flush=True)
            return self.answer(500)  # the service asks again
        return self.answer(202) if verdict is None else self.answer(200, verdict)

    def answer(self, status, value=None):
        body = b"" if value is None else json.dumps(value).encode()
        if status == 413:
            self.close_connection = True
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8100), Gate)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
