"""A chat-completions server that does nothing but wait: fast enough that what is measured is headway."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

EMPTY = {"feature_requests": [], "bug_reports": [], "pain_points": [], "sentiment": {"overall": "neutral", "score": 0}, "summary": "",
         "language": "en", "intent": "", **{name: [] for name in ("topics", "action_items", "concerns", "requests", "feedback", "preferences")}}
BODY = json.dumps({"id": "x", "object": "chat.completion", "model": "slow", "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
                   "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": json.dumps(EMPTY), "refusal": None}}]}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Exchange(asyncio.Protocol):
    """One connection: requests one after the other, each answered after the delay."""

    delay = 0.2
    first_at: float | None = None
    waiting = most = 0

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
            Exchange.waiting += 1
            Exchange.most = max(Exchange.most, Exchange.waiting)
            asyncio.get_running_loop().call_later(self.delay, self.reply)

    def reply(self) -> None:
        Exchange.waiting -= 1
        self.transport.write(ANSWER)


async def main(port_file: Path, delay: float) -> None:
    """Serves until its input ends; each line it is sent is answered with {first_at, most} since the last one."""
    Exchange.delay = delay
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Exchange, "127.0.0.1", 0, backlog=2000)
    port_file.write_text(str(server.sockets[0].getsockname()[1]))
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps({"first_at": Exchange.first_at, "most": Exchange.most}), flush=True)
        Exchange.first_at, Exchange.most = None, 0


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
