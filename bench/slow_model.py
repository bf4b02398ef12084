"""A chat-completions server that does nothing but wait: fast enough that what is measured is headway.

With two delays, it reads as well: the first is for extraction, which finds what follows "Bob: We need", the second
for matching, in which nothing is a duplicate.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path

EMPTY = {"feature_requests": [], "bug_reports": [], "pain_points": [], "sentiment": {"overall": "neutral", "score": 0}, "summary": "",
         "language": "en", "intent": "", **{name: [] for name in ("topics", "action_items", "concerns", "requests", "feedback", "preferences")}}
UNLIKE = {"reasoning": "It is something else.", "is_duplicate": False, "matching_feature_id": None, "confidence": 0.9}


def answer(content: dict) -> bytes:
    body = json.dumps({"id": "x", "object": "chat.completion", "model": "slow", "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
                       "choices": [{"index": 0, "finish_reason": "stop",
                                    "message": {"role": "assistant", "content": json.dumps(content), "refusal": None}}]}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


NOTHING = answer(EMPTY)


def read(request: bytes) -> tuple[str, bytes]:
    """What was asked, and the answer."""
    asked = json.loads(request)
    purpose = asked["response_format"]["json_schema"]["name"]
    if purpose == "match":
        return purpose, answer(UNLIKE)
    if purpose == "match_many":
        items = json.loads(asked["messages"][-1]["content"].split("<items>")[1].split("</items>")[0])
        return purpose, answer({"judgements": [UNLIKE | {"number": item["number"]} for item in items]})
    wishes = re.findall(r"Bob: (We need ([^.]*)\.)", asked["messages"][-1]["content"])
    items = [{"title": title, "description": "", "quote": quote, "theme": "Everything", "theme_confidence": 1, "urgency": "low"} for quote, title in wishes]
    return purpose, answer(EMPTY | {"feature_requests": items})


class Exchange(asyncio.Protocol):
    """One connection: requests one after the other, each answered after the delay."""

    delays: list[float] = [0.2]
    first_at: float | None = None
    waiting = most = asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.bytes = transport, b""

    def data_received(self, data: bytes) -> None:
        if Exchange.first_at is None:
            Exchange.first_at = time.time()
        self.bytes += data
        head, separator, body = self.bytes.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) >= length:
            self.bytes = body[length:]
            delay, said = Exchange.delays[0], NOTHING
            if len(Exchange.delays) > 1:
                purpose, said = read(body[:length])
                delay = Exchange.delays[purpose != "extract"]
                Exchange.asked += 1
            Exchange.waiting += 1
            Exchange.most = max(Exchange.most, Exchange.waiting)
            asyncio.get_running_loop().call_later(delay, self.reply, said)

    def reply(self, said: bytes) -> None:
        Exchange.waiting -= 1
        self.transport.write(said)


async def main(port_file: Path, delays: list[float]) -> None:
    """Serves until its input ends; each line it is sent is answered with {first_at, most, asked} since the last one."""
    Exchange.delays = delays
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Exchange, "127.0.0.1", 0, backlog=2000)
    port_file.write_text(str(server.sockets[0].getsockname()[1]))
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps({"first_at": Exchange.first_at, "most": Exchange.most, "asked": Exchange.asked}), flush=True)
        Exchange.first_at, Exchange.most, Exchange.asked = None, 0, 0


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), [float(delay) for delay in sys.argv[2:]]))
