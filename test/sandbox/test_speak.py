"""Calls that the demo has spoken are recordings, and the sandbox hears in them what is said."""

from __future__ import annotations

import wave
from pathlib import Path

from ear import Ear
from outcomes import load_outcomes
from server import OUTCOMES
from speak import speak

CALL = load_outcomes(OUTCOMES)[2]


def test_a_spoken_call_is_a_recording_of_its_turns(tmp_path: Path) -> None:
    told = speak(CALL, tmp_path / "call.wav")
    ear = Ear()
    ear.learn([told])
    heard = ear.hear((tmp_path / "call.wav").read_bytes())
    assert heard is not None and [turn.text for turn in heard] == [words for _, words in CALL.turns]
    assert [turn.speaker for turn in heard] == [0, 1] * (len(heard) // 2) + [0] * (len(heard) % 2), "two people, in turns"
    assert all(before.end < after.start for before, after in zip(heard, heard[1:]))
    with wave.open(str(tmp_path / "call.wav")) as file:
        seconds = file.getnframes() / file.getframerate()
    assert heard[-1].end < seconds < heard[-1].end + 1 and seconds > 5


def test_it_is_spoken_the_same_again(tmp_path: Path) -> None:
    assert speak(CALL, tmp_path / "a.wav")["sha256"] == speak(CALL, tmp_path / "b.wav")["sha256"]
