"""Limits of the page that protect visitors from each other."""

FILE_BYTES = 2 * 1024 * 1024
SIDE = 1024  # pixels; the browser shrinks a larger picture to this longest side
PIXELS = SIDE * SIDE
DECODE_SECONDS = 0.1  # CPU time, as estimated before an image file is decoded
BUSY_SECONDS = 2.0  # longest wait for the decoder, or for a place to be answered

BODY_SECONDS = 10.0  # longest time to receive a body
ANSWERED_AT_ONCE = 4  # questions
RECEIVED_AT_ONCE = 16  # questions whose body is being received, or that wait for a place
