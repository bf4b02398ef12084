"""Supabase's storage: buckets, objects, signed URLs and resumable uploads (tus 1.0.0). Nearly every error has HTTP status 400."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from exchange import Answer, Received, Refusal, reply
from limits import Clock, Quota
from vendor import Vendor, route

BASE = "/supabase/storage/v1"
KEY = re.compile(r"[A-Za-z0-9_/!.*'() &$=@;:+,?-]+")
PART = 6 * 1024 * 1024
CODES = {400: "InvalidRequest", 401: "AccessDenied", 403: "AccessDenied", 404: "NoSuchKey", 409: "BucketAlreadyExists", 429: "SlowDown"}


@dataclass
class Upload:
    bucket: str
    key: str
    size: int
    content: bytes = b""


class Supabase(Vendor):
    """/supabase/storage/v1/..."""

    prefixes = ("/supabase",)

    def __init__(self, key: str, clock: Clock, quota: Quota) -> None:
        super().__init__(quota)
        self._key, self._clock = key, clock
        self.buckets: dict[str, dict[str, bytes]] = {}
        self.cut_parts = 0
        self._uploads: dict[str, Upload] = {}
        path = f"{BASE}/object"
        self.routes = [route("POST", f"{BASE}/bucket", self._create), route("GET", f"{path}/authenticated/([^/]+)/(.+)", self._get),
                       route("POST", f"{path}/sign/([^/]+)/(.+)", self._sign), route("GET", f"{path}/sign/([^/]+)/(.+)", self._signed),
                       route("POST", f"{path}/([^/]+)/(.+)", self._put), route("POST", f"{BASE}/upload/resumable", self._begin),
                       route("PATCH", f"{BASE}/upload/resumable/([^/]+)", self._part), route("HEAD", f"{BASE}/upload/resumable/([^/]+)", self._offset)]

    def authorization(self, received: Received) -> str:
        if received.method == "GET" and "token" in received.query:
            return "ok"
        if "apikey" not in received.headers:
            return "missing"
        bearer = received.headers.get("Authorization")
        is_jwt = self._key.count(".") == 2
        return "ok" if received.headers["apikey"] == self._key and bearer == (f"Bearer {self._key}" if is_jwt else None) else "bad"

    def error(self, status: int, text: str) -> Answer:
        return self._error(status, CODES.get(status, "InternalError"), text)

    def refused(self, refusal: Refusal) -> Answer:
        return self._error(refusal.status, refusal.code or CODES.get(refusal.status, "InternalError"), refusal.text)

    def _error(self, status: int, code: str, text: str) -> Answer:
        return reply({"statusCode": str(status), "code": code, "error": text, "message": text}, status if status in (429, 500, 544) else 400)

    def fetch(self, url: str) -> bytes:
        """What a client without credentials gets for a signed URL."""
        parts = urlsplit(url)
        answer = self.answer(Received("GET", parts.path, parse_qs(parts.query), {"Host": parts.netloc}, b""))
        if answer.status != 200:
            raise LookupError(url)
        return answer.body

    def _bucket(self, bucket: str) -> dict[str, bytes]:
        if bucket not in self.buckets:
            raise Refusal(404, "Bucket not found", violation=False, code="NoSuchBucket")
        return self.buckets[bucket]

    def _object(self, bucket: str, key: str) -> bytes:
        if key not in self._bucket(bucket):
            raise Refusal(404, "Object not found", violation=False, code="NoSuchKey")
        return self.buckets[bucket][key]

    def _create(self, received: Received) -> Answer:
        body = json.loads(received.body)
        if body.keys() - {"name", "id", "public", "file_size_limit", "allowed_mime_types"} or body.get("public") is not False:
            raise Refusal(400, "a bucket must be private and well described")
        if body["name"] in self.buckets:
            raise Refusal(409, "The resource already exists", violation=False)
        self.buckets[body["name"]] = {}
        return reply({"name": body["name"]})

    def _put(self, received: Received, bucket: str, key: str) -> Answer:
        if not KEY.fullmatch(key):
            raise Refusal(400, f"Invalid key: {key}", code="InvalidKey")
        if key in self._bucket(bucket) and received.headers.get("x-upsert") != "true":
            raise Refusal(409, "The resource already exists", code="KeyAlreadyExists")
        if len(received.body) > PART:
            raise Refusal(400, "a file of this size must be uploaded in parts")
        self.buckets[bucket][key] = received.body
        return reply({"Id": "1", "Key": f"{bucket}/{key}"})

    def _get(self, received: Received, bucket: str, key: str) -> Answer:
        return Answer(200, self._object(bucket, key), "application/octet-stream")

    def _sign(self, received: Received, bucket: str, key: str) -> Answer:
        self._object(bucket, key)
        seconds = json.loads(received.body).get("expiresIn")
        if not isinstance(seconds, int) or seconds < 1:
            raise Refusal(400, "expiresIn must be a positive number of seconds")
        token = base64.urlsafe_b64encode(json.dumps([bucket, key, self._clock() + seconds]).encode()).decode()
        return reply({"signedURL": f"/object/sign/{bucket}/{key}?token={token}"})

    def _signed(self, received: Received, bucket: str, key: str) -> Answer:
        signed = json.loads(base64.urlsafe_b64decode(received.query["token"][-1]))
        if signed[:2] != [bucket, key] or signed[2] < self._clock():
            raise Refusal(400, "jwt expired", violation=False, code="InvalidJWT")
        return Answer(200, self._object(bucket, key), "application/octet-stream")

    # ---- resumable uploads -------------------------------------------------------------------------

    def _begin(self, received: Received) -> Answer:
        self._check_version(received)
        pairs = dict(pair.split(" ") for pair in received.headers.get("Upload-Metadata", "").split(","))
        told = {name: base64.b64decode(value, validate=True).decode() for name, value in pairs.items()}
        if not {"bucketName", "objectName"} <= told.keys() or received.headers.get("x-upsert") != "true":
            raise Refusal(400, "the upload is not described")
        self._bucket(told["bucketName"])
        name = base64.urlsafe_b64encode(f"{len(self._uploads) + 1}/{told['objectName']}".encode()).decode().rstrip("=")
        self._uploads[name] = Upload(told["bucketName"], told["objectName"], int(received.headers["Upload-Length"]))
        return Answer(201, b"", headers={"Tus-Resumable": "1.0.0", "Location": f"http://{received.host}{BASE}/upload/resumable/{name}"})

    def _upload(self, received: Received, name: str) -> Upload:
        self._check_version(received)
        if name not in self._uploads:
            raise Refusal(404, "the upload is gone", code="NoSuchUpload")
        return self._uploads[name]

    def _part(self, received: Received, name: str) -> Answer:
        upload = self._upload(received, name)
        offset, rest = int(received.headers["Upload-Offset"]), upload.size - len(upload.content)
        if received.headers.get("Content-Type") != "application/offset+octet-stream" or len(received.body) != min(PART, rest):
            raise Refusal(400, "a part must be 6 MB, but for the last")
        if offset != len(upload.content):
            raise Refusal(409, "another offset was expected", code="Conflict")
        upload.content += received.body
        if self.cut_parts > 0:
            self.cut_parts -= 1
            raise Refusal(500, "the connection was lost after the part had come", violation=False)
        if len(upload.content) == upload.size:
            self.buckets[upload.bucket][upload.key] = upload.content
        return self._progress(204, upload)

    def _offset(self, received: Received, name: str) -> Answer:
        return self._progress(200, self._upload(received, name))

    def _progress(self, status: int, upload: Upload) -> Answer:
        return Answer(status, b"", headers={"Tus-Resumable": "1.0.0", "Upload-Offset": str(len(upload.content)), "Upload-Length": str(upload.size)})

    def _check_version(self, received: Received) -> None:
        if received.headers.get("Tus-Resumable") != "1.0.0":
            raise Refusal(412, "unknown version of tus")
