#!/usr/bin/python3
"""Speaks known calls by espeak-ng into WAV files, and tells a sandbox what is said in them, since its transcribers do not listen.

    speak.py FILE FOLDER URL NAME ...

FILE is one of test/quality; a WAV file for each of its calls that are named is written to FOLDER. URL is the sandbox's.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import urllib.request
import wave
from pathlib import Path
from typing import Any

from outcomes import KnownCall, load_outcomes

VOICES = ("en-us+f3", "en-us+m3")
PAUSE = 0.4
"""Seconds between two turns."""


def spoken(words: str, voice: str) -> tuple[int, bytes]:
    """How many frames a second, and the frames: 16 bits each."""
    # It talks to no sound server, so it needs no folder for one.
    sound = subprocess.run(["espeak-ng", "--stdout", "-v", voice, words], stdout=subprocess.PIPE, check=True, env=os.environ | {"PULSE_RUNTIME_PATH": "/dev/null"}).stdout
    with wave.open(io.BytesIO(sound)) as file:
        rate, frames = file.getframerate(), file.readframes(len(sound))  # a header written to a pipe knows no length
    return rate, frames


def speak(call: KnownCall, path: Path) -> dict[str, Any]:
    """Writes a call as a WAV file; what the sandbox is told of it."""
    people = list(dict.fromkeys(who for who, _ in call.turns))
    heard, sound, rate = [], b"", 0
    for who, words in call.turns:
        rate, frames = spoken(words, VOICES[people.index(who) % len(VOICES)])
        start = len(sound) / (2 * rate)
        sound += frames
        heard.append({"speaker": people.index(who), "start": round(start, 2), "end": round(len(sound) / (2 * rate), 2), "text": words})
        sound += bytes(2 * int(PAUSE * rate))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound)
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "turns": heard}


def main(file: str, folder: str, url: str, *names: str) -> None:
    told = [speak(call, Path(folder) / f"{call.name}.wav") for call in load_outcomes(Path(file)) if call.name in names]
    request = urllib.request.Request(f"{url}/_control/speech", json.dumps(told).encode(), {"Content-Type": "application/json"}, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


if __name__ == "__main__":
    main(*sys.argv[1:])
