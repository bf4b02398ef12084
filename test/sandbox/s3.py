"""An S3 endpoint with buckets in the path: every request's signature is computed again, from the documents, and compared."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree

from exchange import Answer, Received, Refusal
from limits import Clock, Quota
from vendor import Vendor

AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})")
BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
SMALLEST_PART = 5 * 1024 * 1024
SKEW_SECONDS = 15 * 60
NO_BODY = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass
class Upload:
    bucket: str
    key: str
    parts: dict[int, bytes] = field(default_factory=dict)


class S3(Vendor):
    """/s3/BUCKET/KEY."""

    prefixes = ("/s3",)

    def __init__(self, key_id: str, secret: str, region: str, clock: Clock, quota: Quota) -> None:
        super().__init__(quota)
        self._key_id, self._secret, self._region, self._clock = key_id, secret, region, clock
        self.buckets: dict[str, dict[str, bytes]] = {}
        self.foreign_buckets = {"customer-taken"}
        self.failing_completions = 0
        self._uploads: dict[str, Upload] = {}

    def authorization(self, received: Received) -> str:
        try:
            self._check(received)
        except Refusal as refusal:
            return "missing" if refusal.code == "AccessDenied" else "bad"
        return "ok"

    def error(self, status: int, text: str) -> Answer:
        return self._xml(f"<Error><Code>{text}</Code><Message>no</Message></Error>", status)

    def refused(self, refusal: Refusal) -> Answer:
        return self.error(refusal.status, refusal.code or "InvalidRequest")

    def fetch(self, url: str) -> bytes:
        """What a client without credentials gets for a presigned URL."""
        parts = urlsplit(url)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        answer = self.answer(Received("GET", unquote(parts.path), query, {"Host": parts.netloc}, b""))
        if answer.status != 200:
            raise LookupError(url)
        return answer.body

    def _handle(self, received: Received) -> Answer:
        self._check(received)
        _, _, bucket, *rest = received.path.split("/", 3)
        key = rest[0] if rest else ""
        query = {name: values[-1] for name, values in received.query.items() if not name.startswith("X-Amz-")}
        if not key:
            return self._create(received, bucket)
        if bucket not in self.buckets:
            raise Refusal(404, "no such bucket", violation=False, code="NoSuchBucket")
        actions = {("PUT", ()): self._put, ("GET", ()): self._get, ("POST", ("uploads",)): self._begin, ("PUT", ("partNumber", "uploadId")): self._part,
                   ("POST", ("uploadId",)): self._complete, ("DELETE", ("uploadId",)): self._abort}
        action = actions.get((received.method, tuple(sorted(query))))
        if action is None:
            raise Refusal(405, f"{received.method} with {sorted(query)}", code="MethodNotAllowed")
        return action(received, bucket, key, query)

    def _create(self, received: Received, bucket: str) -> Answer:
        if received.method != "PUT" or received.query:
            raise Refusal(405, "buckets are made and nothing else", code="MethodNotAllowed")
        if not BUCKET.fullmatch(bucket):
            raise Refusal(400, f"not a bucket's name: {bucket}", code="InvalidBucketName")
        if bucket in self.foreign_buckets:
            raise Refusal(409, "somebody else's", violation=False, code="BucketAlreadyExists")
        if bucket in self.buckets:
            raise Refusal(409, "there already", violation=False, code="BucketAlreadyOwnedByYou")
        named = ElementTree.fromstring(received.body).findtext("{*}LocationConstraint") if received.body else "us-east-1"
        if named != self._region:
            raise Refusal(400, f"the region is {self._region}, not {named}", code="IllegalLocationConstraintException")
        self.buckets[bucket] = {}
        return Answer(200, b"", "application/xml")

    def _put(self, received: Received, bucket: str, key: str, query: Any) -> Answer:
        self.buckets[bucket][key] = received.body
        return Answer(200, b"", headers={"ETag": f'"{hashlib.md5(received.body).hexdigest()}"'})

    def _get(self, received: Received, bucket: str, key: str, query: Any) -> Answer:
        if key not in self.buckets[bucket]:
            raise Refusal(404, "no such key", violation=False, code="NoSuchKey")
        return Answer(200, self.buckets[bucket][key], "application/octet-stream")

    def _begin(self, received: Received, bucket: str, key: str, query: Any) -> Answer:
        upload = f"upload/{len(self._uploads) + 1}+"
        self._uploads[upload] = Upload(bucket, key)
        return self._xml(f"<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>")

    def _upload(self, query: dict[str, str]) -> Upload:
        if query["uploadId"] not in self._uploads:
            raise Refusal(404, "no such upload", code="NoSuchUpload")
        return self._uploads[query["uploadId"]]

    def _part(self, received: Received, bucket: str, key: str, query: dict[str, str]) -> Answer:
        self._upload(query).parts[int(query["partNumber"])] = received.body
        return Answer(200, b"", headers={"ETag": f'"{hashlib.md5(received.body).hexdigest()}"'})

    def _complete(self, received: Received, bucket: str, key: str, query: dict[str, str]) -> Answer:
        upload = self._upload(query)
        if self.failing_completions > 0:
            self.failing_completions -= 1
            return self._xml("<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>")
        listed = [(int(part.findtext("PartNumber") or 0), part.findtext("ETag")) for part in ElementTree.fromstring(received.body)]
        if [number for number, _ in listed] != sorted(upload.parts):
            raise Refusal(400, f"parts {listed}", code="InvalidPartOrder")
        if any(tag != f'"{hashlib.md5(upload.parts[number]).hexdigest()}"' for number, tag in listed):
            raise Refusal(400, "a part's tag is another", code="InvalidPart")
        if any(len(upload.parts[number]) < SMALLEST_PART for number, _ in listed[:-1]):
            raise Refusal(400, "a part is too small", code="EntityTooSmall")
        self.buckets[bucket][key] = b"".join(upload.parts[number] for number, _ in listed)
        del self._uploads[query["uploadId"]]
        return self._xml(f"<CompleteMultipartUploadResult><Key>{key}</Key></CompleteMultipartUploadResult>")

    def _abort(self, received: Received, bucket: str, key: str, query: dict[str, str]) -> Answer:
        self._upload(query)
        del self._uploads[query["uploadId"]]
        return Answer(204, b"")

    def _xml(self, text: str, status: int = 200) -> Answer:
        return Answer(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), "application/xml")

    # ---- signatures --------------------------------------------------------------------------------

    def _check(self, received: Received) -> None:
        if "X-Amz-Signature" in received.query:
            return self._check_query(received)
        sent = AUTHORIZATION.fullmatch(received.headers.get("Authorization", ""))
        if not sent:
            raise Refusal(403, "no signature", code="AccessDenied")
        key_id, day, region, names, signature = sent.groups()
        headers = {name.lower(): value for name, value in received.headers.items()}
        payload = headers.get("x-amz-content-sha256", "")
        must = {"host", "x-amz-date", "x-amz-content-sha256"} | {name for name in headers if name.startswith("x-amz-")}
        if not must <= set(names.split(";")) or names.split(";") != sorted(names.split(";")):
            raise Refusal(403, f"signed are {names}", code="AccessDenied")
        if payload not in (UNSIGNED, hashlib.sha256(received.body).hexdigest()):
            raise Refusal(400, "the body has another hash", code="XAmzContentSHA256Mismatch")
        self._check_time(headers["x-amz-date"], SKEW_SECONDS, SKEW_SECONDS)
        lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names.split(";"))
        self._compare(received, key_id, day, region, headers["x-amz-date"], lines, names, payload, signature, received.query)

    def _check_query(self, received: Received) -> None:
        query = {name: values[-1] for name, values in received.query.items()}
        signature = query.pop("X-Amz-Signature")
        key_id, day, region, service, end = query["X-Amz-Credential"].split("/")
        if (service, end, query["X-Amz-SignedHeaders"], received.method) != ("s3", "aws4_request", "host", "GET"):
            raise Refusal(403, "the URL is signed for something else", code="AccessDenied")
        if not 1 <= int(query["X-Amz-Expires"]) <= 604800:
            raise Refusal(400, "X-Amz-Expires is out of range", code="AuthorizationQueryParametersError")
        self._check_time(query["X-Amz-Date"], int(query["X-Amz-Expires"]), SKEW_SECONDS)
        self._compare(received, key_id, day, region, query["X-Amz-Date"], f"host:{received.headers['Host']}\n", "host", UNSIGNED, signature,
                      {name: [value] for name, value in query.items()})

    def _check_time(self, date: str, past: float, future: float) -> None:
        age = self._clock() - calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        if not -future <= age <= past:
            raise Refusal(403, f"signed {age} seconds ago", violation=False, code="RequestTimeTooSkewed" if past == SKEW_SECONDS else "AccessDenied")

    def _compare(self, received: Received, key_id: str, day: str, region: str, date: str, lines: str, names: str, payload: str, signature: str,
                 query: Any) -> None:
        if key_id != self._key_id:
            raise Refusal(403, "unknown key", violation=False, code="InvalidAccessKeyId")
        if region != self._region or not date.startswith(day):
            raise Refusal(400, f"signed for {region} on {day}", code="AuthorizationHeaderMalformed")
        pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, values in query.items() for value in values)
        request = "\n".join([received.method, quote(received.path, safe="/-_.~"), "&".join(f"{name}={value}" for name, value in pairs), lines, names, payload])
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = f"AWS4{self._secret}".encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature):
            raise Refusal(403, "the signature does not match", code="SignatureDoesNotMatch")
