#!/usr/bin/python3
"""As much of S3 as the loader asks for: ListObjectsV2 and GET of objects, from a folder; signatures aren't checked. What
was asked is counted: GET /counts answers {"LIST": …, "GET": …, "queries": …} and begins anew. `queries` is the number
of different LIST requests: what one poll asks when the same polls are repeated.

fake_s3.py FOLDER     prints its port; the bucket is called bucket"""
import hashlib
import json
import sys
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

counts = {"LIST": 0, "GET": 0}
queries = set()
PAGE = 1000


def etag(file):
    return f'"{hashlib.md5(file.read_bytes()).hexdigest()}"'


class Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = Path()

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/counts":
            self.answer(200, json.dumps(counts | {"queries": len(queries)}).encode())
            counts.update({"LIST": 0, "GET": 0})
            queries.clear()
        elif url.path.strip("/") == "bucket":
            counts["LIST"] += 1
            queries.add(url.query)
            self.list({name: values[0] for name, values in parse_qs(url.query).items()})
        else:
            counts["GET"] += 1
            self.object(self.folder / unquote(url.path).removeprefix("/bucket/"))

    def list(self, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        after = query.get("continuation-token") or query.get("start-after", "")
        keys = sorted(str(file.relative_to(self.folder)) for file in self.folder.rglob("*") if file.is_file())
        contents, prefixes, last = [], [], ""
        truncated = False
        for key in keys:
            if not key.startswith(prefix) or key <= after:
                continue
            folder = ""
            if delimiter and delimiter in key[len(prefix) :]:
                folder = prefix + key[len(prefix) :].split(delimiter)[0] + delimiter
                if folder in prefixes or folder <= after and after.startswith(folder):
                    continue
            if len(contents) + len(prefixes) == PAGE:
                truncated = True
                break
            if folder:
                prefixes.append(folder)
                last = folder + "\U0010ffff"
            else:
                contents.append(key)
                last = key
        encode = (lambda key: quote(key)) if query.get("encoding-type") == "url" else escape
        xml = ['<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">']
        if query.get("encoding-type"):
            xml.append("<EncodingType>url</EncodingType>")
        xml.append(f"<IsTruncated>{str(truncated).lower()}</IsTruncated>")
        if truncated:
            xml.append(f"<NextContinuationToken>{escape(last)}</NextContinuationToken>")
        for key in contents:
            file = self.folder / key
            stat = file.stat()
            xml.append(
                f"<Contents><Key>{encode(key)}</Key><Size>{stat.st_size}</Size><ETag>{escape(etag(file))}</ETag>"
                "<LastModified>2022-09-23T00:00:00.000Z</LastModified></Contents>"
            )
        xml += [f"<CommonPrefixes><Prefix>{encode(name)}</Prefix></CommonPrefixes>" for name in prefixes]
        xml.append("</ListBucketResult>")
        self.answer(200, "".join(xml).encode(), Content_Type="application/xml")

    def object(self, file):
        if not file.is_file():
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        body, status, more = file.read_bytes(), 200, {}
        if asked := self.headers.get("Range"):
            first, last = asked.removeprefix("bytes=").split("-")
            end = min(int(last) + 1 if last else len(body), len(body))
            more["Content_Range"] = f"bytes {first}-{end - 1}/{len(body)}"
            body, status = body[int(first) : end], 206
        self.answer(status, body, ETag=etag(file), Last_Modified=formatdate(0, usegmt=True), **more)


def main():
    Bucket.folder = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
