#!/usr/bin/python3
"""An S3 bucket that is far away: ListObjectsV2, GET with ranges, and PUT of objects that are kept in memory. Each answer comes
after a delay, at a limited speed on each connection. Signatures aren't checked. One thread that never waits, so that many
requests wait for the delay at once. GET /counts answers {"LIST": …, "GET": …, "lists": [[asked, answered, GETs before], …],
"queries": different LIST requests} and resets them. Prints its port; the bucket is called bucket."""
import argparse
import asyncio
import bisect
import hashlib
import json
import re
import ssl
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import synthetic

PAGE = 1000
SLICE = 0.01  # s between two pieces of a body whose speed is limited
# Later than the files' names: the loader doubts a name that is later than its object.
MODIFIED, HTTP_MODIFIED = "2022-12-01T00:00:00.000Z", "Thu, 01 Dec 2022 00:00:00 GMT"
AFTER_FOLDER = "\U0010ffff"


class Objects:
    """The files of a directory, and what is put."""

    def __init__(self, directory):
        self.objects = {}
        for file in Path(directory).rglob("*"):
            if file.is_file():
                self.add(str(file.relative_to(directory)), file.read_bytes())
        self.keys = sorted(self.objects)

    def add(self, key, body):
        self.objects[key] = (body, f'"{hashlib.md5(body).hexdigest()}"')

    def put(self, key, body):
        if key not in self.objects:
            bisect.insort(self.keys, key)
        self.add(key, body)

    def get(self, key):
        return self.objects.get(key)

    def size_and_tag(self, key):
        body, tag = self.objects[key]
        return len(body), tag


class Computed:
    """See synthetic.py."""

    def __init__(self, tables, files):
        self.keys = synthetic.Keys(tables, files)
        self.size = len(synthetic.body(self.keys.tables[0], 0))

    def get(self, key):
        at = bisect.bisect_left(self.keys, key)
        if at == len(self.keys) or self.keys[at] != key:
            return None
        return synthetic.body(key.split("/")[2], at % self.keys.files), self.tag(key)

    def tag(self, key):
        return f'"{hashlib.md5(key.encode()).hexdigest()}"'

    def size_and_tag(self, key):
        return self.size, self.tag(key)


def page_of(bucket, query):
    """The XML of one page."""
    keys = bucket.keys
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
    limit = min(PAGE, int(query.get("max-keys", PAGE)))
    after = query.get("continuation-token") or query.get("start-after", "")
    at = max(bisect.bisect_left(keys, prefix), bisect.bisect_right(keys, after))
    items, last = [], ""
    while at < len(keys) and (key := keys[at]).startswith(prefix) and len(items) < limit:
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        if cut >= 0:
            last = key[: cut + 1] + AFTER_FOLDER
            items.append(f"<CommonPrefixes><Prefix>{quote(key[: cut + 1])}</Prefix></CommonPrefixes>")
            at = bisect.bisect_left(keys, last)
        else:
            size, tag = bucket.size_and_tag(key)
            items.append(
                f"<Contents><Key>{quote(key)}</Key><LastModified>{MODIFIED}</LastModified><ETag>{tag}</ETag>"
                f"<Size>{size}</Size></Contents>"
            )
            last = key
            at += 1
    more = at < len(keys) and keys[at].startswith(prefix)
    token = f"<NextContinuationToken>{quote(last)}</NextContinuationToken>" if more else ""
    return (
        '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url'
        f"</EncodingType><IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}{''.join(items)}</ListBucketResult>"
    ).encode()


class Service:
    """What is asked of the bucket, counted."""

    def __init__(self, bucket):
        self.bucket = bucket
        self.reset()

    def reset(self):
        self.gets, self.lists, self.queries = 0, [], set()

    def counts(self):
        found = {"LIST": len(self.lists), "GET": self.gets, "lists": self.lists, "queries": len(self.queries)}
        self.reset()
        return json.dumps(found).encode()

    def answer(self, method, target, headers, body, asked):
        """(status, headers, body)"""
        url = urlsplit(target)
        if url.path == "/counts":
            return 200, {}, self.counts()
        if url.path.strip("/") == "bucket":
            page = page_of(self.bucket, {name: values[0] for name, values in parse_qs(url.query).items()})
            self.queries.add(url.query)
            self.lists.append([asked, asyncio.get_running_loop().time(), self.gets])
            return 200, {}, page
        key = unquote(url.path).removeprefix("/bucket/")
        if method == "PUT":
            self.bucket.put(key, body)
            return 200, {}, b""
        self.gets += 1
        return self.object(key, headers)

    def object(self, key, headers):
        found = self.bucket.get(key)
        if not found:
            return 404, {}, b"<Error><Code>NoSuchKey</Code></Error>"
        body, tag = found
        if headers.get("if-match", tag) != tag:
            return 412, {}, b"<Error><Code>PreconditionFailed</Code></Error>"
        answered = {"ETag": tag, "Last-Modified": HTTP_MODIFIED}
        if part := re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", "")):
            first, last = int(part[1]), min(int(part[2] or len(body)), len(body) - 1)
            answered["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            return 206, answered, memoryview(body)[first : last + 1]
        return 200, answered, body


class Connection(asyncio.Protocol):
    """Clients don't pipeline: a request is whole before the next one begins."""

    def __init__(self, service, delay, speed):
        self.service, self.delay, self.speed = service, delay, speed
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self.received = rest[length:]
        method, target, _ = first.split(" ")
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self.answer, method, target, headers, rest[:length], loop.time())

    def answer(self, method, target, headers, body, asked):
        status, answered, body = self.service.answer(method, target, headers, body, asked)
        answered = answered | {"Content-Length": len(body)}
        if method == "HEAD":
            body = b""
        lines = "".join(f"{name}: {value}\r\n" for name, value in answered.items())
        self.transport.write(f"HTTP/1.1 {status} Answer\r\n{lines}\r\n".encode())
        if self.speed:
            self.send(memoryview(body), asyncio.get_running_loop().time())
        else:
            self.transport.write(body)

    def send(self, body, due):
        piece = max(1, int(self.speed * SLICE))
        self.transport.write(body[:piece])
        if len(body) > piece:
            # At a time of the clock, not after a pause: the time that sending takes would slow it down.
            asyncio.get_running_loop().call_at(due + SLICE, self.send, body[piece:], due + SLICE)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", help="whose files are the objects")
    parser.add_argument("--computed", type=int, nargs=2, metavar=("TABLES", "FILES"), help="instead: see synthetic.py")
    parser.add_argument("--delay", type=float, default=0, help="ms")
    parser.add_argument("--speed", type=float, default=0, help="MB/s of a connection; 0: no limit")
    parser.add_argument("--tls", help="file with the certificate and its key")
    return parser.parse_args()


async def main(given):
    service = Service(Computed(*given.computed) if given.computed else Objects(given.directory))
    context = None
    if given.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.tls)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(service, given.delay / 1000, given.speed * 1e6), "127.0.0.1", 0, backlog=256, ssl=context
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(arguments()))
