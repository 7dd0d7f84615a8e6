#!/usr/bin/env python3
"""Receives webhooks (docs/events.md): verifies each message, and handles each event once. Needs Python 3.11 and nothing else:
  WEBHOOK_SECRET=whsec_... python3 examples/webhook-receiver.py [PORT]
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
if len(SECRET) < 24:
    sys.exit("expected WEBHOOK_SECRET=whsec_... of at least 24 bytes; got another")

MAX_BYTES = 65_536  # many times what a message has
last_revisions = {}  # keep them in your database


class Receiver(BaseHTTPRequestHandler):
    timeout = 30

    def do_POST(self):
        size = int(self.headers.get("content-length", -1))
        if not 0 <= size <= MAX_BYTES:
            return self.answer(413)
        body = self.rfile.read(size)
        sent_at = self.headers.get("webhook-timestamp", "0")
        content = f"{self.headers.get('webhook-id')}.{sent_at}.".encode() + body
        signed = b"v1," + base64.b64encode(hmac.digest(SECRET, content, hashlib.sha256))
        signatures = self.headers.get("webhook-signature", "").encode().split(b" ")
        is_signed = any(hmac.compare_digest(signed, one) for one in signatures)
        if not is_signed or abs(time.time() - int(sent_at)) > 300:
            return self.answer(401)

        event = json.loads(body)
        image, revision = event["data"].get("image_id"), event["data"].get("revision", 0)  # a webhook.test has neither
        if revision > last_revisions.get(image, 0):
            print(event["type"], image, revision, flush=True)  # do your work, or put it into your queue
            last_revisions[image] = revision
        return self.answer(204)  # also for an event that is known

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 3000), Receiver)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
