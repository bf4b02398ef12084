"""Sound, and how parts of a file are asked for."""

from __future__ import annotations

import io
import math
import re
import wave

from exchange import Answer, Received, Refusal

FRAMES_PER_SECOND = 8000
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def tone(pitch: int, seconds: float = 0.25) -> bytes:
    """A WAV file: one quiet tone, telephone quality."""
    frames = bytes(128 + round(60 * math.sin(2 * math.pi * pitch * n / FRAMES_PER_SECOND))
                   for n in range(round(FRAMES_PER_SECOND * seconds)))
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(1)
        written.setframerate(FRAMES_PER_SECOND)
        written.writeframes(frames)
    return file.getvalue()


def send(content: bytes, content_type: str, received: Received) -> Answer:
    """The content, or the one range of it that was asked for."""
    headers = {"Accept-Ranges": "bytes"}
    if "Range" not in received.headers:
        return Answer(200, content, content_type, headers)
    first, last = _range(received.headers["Range"], len(content))
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Answer(206, content[first : last + 1], content_type, headers)


def _range(asked: str, size: int) -> tuple[int, int]:
    parts = RANGE.fullmatch(asked)
    if not parts or asked == "bytes=-":
        raise Refusal(400, f"Range: cannot read '{asked}'")
    first, last = parts.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    if int(first) >= size or (last and int(last) < int(first)):
        raise Refusal(416, f"Range: '{asked}' is outside of the content")
    return int(first), min(int(last or size), size - 1)
