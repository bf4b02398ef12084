"""A web server with recordings on it: a folder's files, listed as many servers list them.

    /audio/files/NAME                the file, whole or in ranges; `expires=N` in the query: until that time
    /audio/{style}/                  a listing of all files, in each of STYLES
    /audio/guarded/{style}/          the same for whoever sends `Authorization: Bearer sandbox-audio`
    /audio/dead/... expired/...      404, 403
    /audio/moved/NAME                redirects to the file; /audio/inwards/... to a private address; /audio/round/... to itself
"""

from __future__ import annotations

import html
import json
import time
from pathlib import Path
from typing import Sequence
from urllib.parse import quote

from exchange import Answer, Received
from limits import Clock, Quota
from media import send
from vendor import Vendor, route

STYLES = ("apache", "nginx", "lighttpd", "iis", "python", "page", "bucket", "api", "rss", "atom", "playlist")
KEY = "sandbox-audio"
PAGE = 3
"""Entries on a page of those styles that have pages."""

TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".webm": "audio/webm", ".ogg": "audio/ogg", ".flac": "audio/flac",
         ".html": "text/html", ".txt": "text/plain"}
ELSEWHERE = "http://127.0.0.2:9/secret.mp3"


class Audio(Vendor):
    prefixes = ("/audio",)

    def __init__(self, folder: Path | None, clock: Clock) -> None:
        super().__init__(Quota({}, clock))
        self._folder = folder
        self.routes = (
            route("GET", r"/audio/(?:guarded/)?(?:files|bucket)/([^/]+)", self._file),
            route("GET", r"/audio/moved/([^/]+)", lambda received, name: redirect(f"/audio/files/{quote(name)}")),
            route("GET", r"/audio/inwards/.*", lambda received: redirect(ELSEWHERE)),
            route("GET", r"/audio/round/.*", lambda received: redirect(quote(received.path))),
            route("GET", r"/audio/dead/.*", lambda received: self.error(404, "Not Found")),
            route("GET", r"/audio/expired/.*", lambda received: self.error(403, "Request has expired")),
            route("GET", rf"/audio/(?:guarded/)?({'|'.join(STYLES)})/?", self._listing),
        )

    def authorization(self, received: Received) -> str:
        if "/guarded/" not in received.path:
            return "ok"
        sent = received.headers.get("Authorization")
        return "missing" if sent is None else "ok" if sent == f"Bearer {KEY}" else "bad"

    def error(self, status: int, text: str) -> Answer:
        return Answer(status, f"<html><title>{status}</title>{text}</html>".encode(), "text/html")

    def _names(self) -> list[str]:
        files = sorted(self._folder.iterdir()) if self._folder else []
        return [file.name for file in files if file.suffix in TYPES and not file.suffix == ".html"]

    def _file(self, received: Received, name: str) -> Answer:
        if float(received.query.get("expires", ["inf"])[0]) < time.time():
            return self.error(403, "Request has expired")
        file = self._folder / name if self._folder else None
        if not file or not file.is_file():
            return self.error(404, "Not Found")
        answer = send(file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"), received)
        return Answer(answer.status, answer.body, answer.content_type, {**answer.headers, "ETag": f'"{file.stat().st_size}"'})

    def _listing(self, received: Received, style: str) -> Answer:
        return LISTINGS[style](self._names(), received)


def redirect(location: str) -> Answer:
    return Answer(302, b"", "text/plain", {"Location": location})


def href(name: str) -> str:
    return f"../files/{quote(name)}"


def anchors(names: Sequence[str], line: str, head: str) -> Answer:
    body = "".join(line.format(href=html.escape(href(name)), name=html.escape(name)) for name in names)
    return Answer(200, f"{head}{body}".encode(), "text/html")


def apache(names: Sequence[str], received: Received) -> Answer:
    return anchors(names, '<tr><td><a href="{href}">{name}</a></td><td align="right">1.2M</td></tr>\n',
                   '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html><head><title>Index of /audio</title></head><body><table>'
                   '<tr><th><a href="?C=N;O=D">Name</a></th></tr><tr><td><a href="/">Parent Directory</a></td></tr>\n')


def nginx(names: Sequence[str], received: Received) -> Answer:
    return anchors(names, '<a href="{href}">{name}</a>   01-Jan-2026 10:00   1234\r\n',
                   '<html>\r\n<head><title>Index of /audio/</title></head>\r\n<body>\r\n<h1>Index of /audio/</h1><hr><pre><a href="../">../</a>\r\n')


def lighttpd(names: Sequence[str], received: Received) -> Answer:
    return anchors(names, '<tr><td class="n"><a href="{href}">{name}</a></td><td class="t">audio</td></tr>\n',
                   '<!DOCTYPE html><html><body><table><tr class="d"><td class="n"><a href="../">..</a>/</td></tr>\n')


def iis(names: Sequence[str], received: Received) -> Answer:
    body = "".join(f' 1/1/2026 10:00 AM  1234 <A HREF="/audio/files/{quote(name)}">{html.escape(name)}</A><br>' for name in names)
    return Answer(200, f'<html><head><title>host - /audio/</title></head><body><pre><A HREF="/">[To Parent Directory]</A><br><br>{body}</pre>'.encode(), "text/html")


def python(names: Sequence[str], received: Received) -> Answer:
    return anchors(names, '<li><a href="{href}">{name}</a></li>\n', "<!DOCTYPE HTML>\n<html lang='en'><title>Directory listing</title><ul>\n")


def page(names: Sequence[str], received: Received) -> Answer:
    shapes = ('<a href="{0}">listen</a>', '<audio src="{0}"></audio>', '<audio controls><source src="{0}"></audio>')
    body = "".join(shapes[n % 3].format(quote(name)) for n, name in enumerate(names))
    return Answer(200, f'<!doctype html><html><head><base href="/audio/files/"></head><body><a href="mailto:a@b.example">us</a>'
                       f'<a href="/about">about</a>{body}</body></html>'.encode(), "text/html")


def paged(names: Sequence[str], received: Received, parameter: str) -> tuple[Sequence[str], str | None]:
    """One page, and where the next begins."""
    start = int(received.query.get(parameter, ["0"])[0])
    end = start + PAGE
    return names[start:end], str(end) if end < len(names) else None


def bucket(names: Sequence[str], received: Received) -> Answer:
    """Keys stand below the listing's own path."""
    here, more = paged(names, received, "continuation-token")
    contents = "".join(f"<Contents><Key>{html.escape(name)}</Key><Size>1</Size></Contents>" for name in here)
    token = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    return Answer(200, f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                       f"<Name>calls</Name><IsTruncated>{'true' if more else 'false'}</IsTruncated>{contents}{token}</ListBucketResult>".encode(), "application/xml")


def api(names: Sequence[str], received: Received) -> Answer:
    here, more = paged(names, received, "offset")
    items = [{"id": n, "title": f"Call {n}", "recording": {"download_url": f"/audio/files/{quote(name)}"}} for n, name in enumerate(here)]
    links = {"next": f"http://{received.host}{received.path}?offset={more}" if more else None}
    return Answer(200, json.dumps({"data": {"items": items}, "links": links}).encode())


def rss(names: Sequence[str], received: Received) -> Answer:
    items = "".join(f'<item><title>x</title><enclosure url="http://{received.host}/audio/files/{quote(name)}" length="1" type="audio/mpeg"/></item>' for name in names)
    return Answer(200, f'<?xml version="1.0"?><rss version="2.0"><channel><title>Calls</title>{items}</channel></rss>'.encode(), "application/rss+xml")


def atom(names: Sequence[str], received: Received) -> Answer:
    entries = "".join(f'<entry><link rel="enclosure" type="audio/mpeg" href="{html.escape(href(name))}"/></entry>' for name in names)
    return Answer(200, f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode(), "application/atom+xml")


def playlist(names: Sequence[str], received: Received) -> Answer:
    return Answer(200, ("#EXTM3U\n" + "".join(f"#EXTINF:1,{name}\n{href(name)}\n" for name in names)).encode(), "audio/x-mpegurl")


LISTINGS = {name: globals()[name] for name in STYLES}
