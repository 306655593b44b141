#!/usr/bin/python3
"""An S3 bucket that is far away: ListObjectsV2 and GET with ranges of the objects of a folder, all read into memory at the
start, each answer DELAY ms after its request, at most MEGABYTES a second on each connection (0: no limit). Signatures
aren't checked. GET /counts as of fake_s3.py. One thread that never waits, so that many requests wait for the delay at once:
without delay it answers several thousand requests a second.

far_s3.py FOLDER DELAY MEGABYTES     prints its port; the bucket is called bucket"""
import asyncio
import bisect
import hashlib
import json
import re
import sys
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

PAGE = 1000
SLICE = 0.01  # s between two pieces of a body whose speed is limited


class Bucket:
    def __init__(self, folder):
        self.objects = {}
        for file in Path(folder).rglob("*"):
            if file.is_file():
                body = file.read_bytes()
                self.objects[str(file.relative_to(folder))] = (body, f'"{hashlib.md5(body).hexdigest()}"')
        self.keys = sorted(self.objects)
        self.counts = {"LIST": 0, "GET": 0}

    def answer(self, target, headers):
        """(status, headers, body)"""
        url = urlsplit(target)
        if url.path == "/counts":
            said = json.dumps(self.counts).encode()
            self.counts = {"LIST": 0, "GET": 0}
            return 200, {}, said
        if url.path.strip("/") == "bucket":
            self.counts["LIST"] += 1
            return 200, {}, self.list({name: values[0] for name, values in parse_qs(url.query).items()})
        self.counts["GET"] += 1
        found = self.objects.get(unquote(url.path).removeprefix("/bucket/"))
        if not found:
            return 404, {}, b"<Error><Code>NoSuchKey</Code></Error>"
        body, tag = found
        if headers.get("if-match", tag) != tag:
            return 412, {}, b"<Error><Code>PreconditionFailed</Code></Error>"
        said = {"ETag": tag, "Last-Modified": formatdate(1_600_000_000, usegmt=True)}
        if part := re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", "")):
            first, last = int(part[1]), min(int(part[2] or len(body)), len(body) - 1)
            said["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            return 206, said, memoryview(body)[first : last + 1]
        return 200, said, body

    def list(self, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        after = query.get("continuation-token") or query.get("start-after", "")
        at = max(bisect.bisect_left(self.keys, prefix), bisect.bisect_right(self.keys, after))
        items, last, count = [], "", 0
        while at < len(self.keys) and self.keys[at].startswith(prefix) and count < PAGE:
            key = self.keys[at]
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                last = key[: cut + 1] + "\U0010ffff"
                items.append(f"<CommonPrefixes><Prefix>{quote(key[: cut + 1])}</Prefix></CommonPrefixes>")
                at = bisect.bisect_left(self.keys, last)
            else:
                body, tag = self.objects[key]
                items.append(
                    f"<Contents><Key>{quote(key)}</Key><LastModified>2020-09-13T12:26:40.000Z</LastModified>"
                    f"<ETag>{tag}</ETag><Size>{len(body)}</Size></Contents>"
                )
                last = key
                at += 1
            count += 1
        more = at < len(self.keys) and self.keys[at].startswith(prefix)
        token = f"<NextContinuationToken>{quote(last)}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url'
            f"</EncodingType><IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}{''.join(items)}</ListBucketResult>"
        ).encode()


class Connection(asyncio.Protocol):
    def __init__(self, bucket, delay, speed):
        self.bucket, self.delay, self.speed = bucket, delay, speed
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        self.received = rest  # of a GET there is none, and nobody sends the next one before its answer
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        asyncio.get_running_loop().call_later(self.delay, self.answer, first.split()[1], headers)

    def answer(self, target, headers):
        status, said, body = self.bucket.answer(target, headers)
        said = said | {"Content-Length": len(body)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self.transport.write(f"HTTP/1.1 {status} Answer\r\n{lines}\r\n".encode())
        self.send(memoryview(body))

    def send(self, body):
        if not self.speed:
            self.transport.write(body)
            return
        piece = max(1, int(self.speed * SLICE))
        self.transport.write(body[:piece])
        if len(body) > piece:
            asyncio.get_running_loop().call_later(SLICE, self.send, body[piece:])


async def main(folder, delay, megabytes):
    bucket = Bucket(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(bucket, float(delay) / 1000, float(megabytes) * 1e6), "127.0.0.1", 0, backlog=256
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
