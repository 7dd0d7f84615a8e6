#!/usr/bin/env python3
"""Uploads a file, and prints the URL of its thumbnail. Needs Python 3.11 and requests (apt-get install python3-requests, or pip install requests):
  python3 examples/upload.py photo.jpg [BASE]
A service with AUTH needs a key in SAFELIGHT_KEY; a key of several users needs the user too, in SAFELIGHT_USER.
"""

import hashlib
import mimetypes
import os
import sys

import requests

if len(sys.argv) < 2:
    sys.exit("usage: python3 examples/upload.py FILE [BASE]")
path = sys.argv[1]
base = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000"

api = requests.Session()
key = os.environ.get("SAFELIGHT_KEY")
if key:
    api.headers["Authorization"] = f"Bearer {key}"
# A key of one user names that user.
if user := os.environ.get("SAFELIGHT_USER", None if key else "python-example"):
    api.headers["X-User-Id"] = user


def ask(method, route, **options):
    """The JSON of an answer. Every error is a problem document, whose detail is a sentence."""
    answer = api.request(method, base + route, timeout=90, **options)
    if not answer.ok:
        sys.exit(f"{answer.json()['code']}: {answer.json()['detail']}")
    return answer.json()


with open(path, "rb") as file:
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    description = {
        "content_type": mimetypes.guess_type(path)[0] or "image/jpeg",
        "filename": os.path.basename(path),
        "size": os.path.getsize(path),
        "sha256": sha256,
        "tags": ["example"],
    }
    # The same key for the same bytes: run again within a day, this uploads nothing twice.
    grant = ask("POST", "/uploads", json=description, headers={"Idempotency-Key": f"python-{sha256}"})
    if grant["upload_url"]:  # null: the service has the bytes already
        file.seek(0)
        # Without the session: the URL alone is the permission. requests sends an open file without reading it into memory.
        requests.put(grant["upload_url"], data=file, headers=grant["headers"], timeout=600)

# Stores differ in their answer to bad bytes. The image's status says whether the bytes were accepted, and why not.
image = ask("GET", f"/images/{grant['image_id']}/metadata", params={"wait": 20})
if image["status"] != "ready":
    sys.exit(f"{image['status']}: {image.get('rejection', {}).get('detail', 'no bytes arrived')}")
print(f"ready: {image['width']} x {image['height']}")
print(image["renditions"]["thumb"])
