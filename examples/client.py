"""Predict the digit in an image file: python examples/client.py IMAGE URL KEY [CERTIFICATE]"""

import ssl
import sys
from pathlib import Path

import httpx

image, url, key, *certificate = sys.argv[1:]
trust = ssl.create_default_context(cafile=certificate[0] if certificate else None)
headers = {"Authorization": f"Bearer {key}"}
answer = httpx.post(f"{url}/predictions/digits", content=Path(image).read_bytes(), headers=headers, verify=trust)
if answer.is_error:
    sys.exit("{type}: {message}; {hint}".format(**answer.json()))
print("{digit} {confidence:.2f}".format(**answer.json()))
