"""A bucket of far_s3.py, how to reach it, and what fetches from it without loading."""
import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from .helper import started


class FarBucket:
    def __init__(self, port, certificate=None):
        self.address = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        self.certificate = certificate
        self.settings = {"AWS_CA_BUNDLE": str(certificate)} if certificate else {}
        self.source = (
            f"bucket_endpoint={self.address} bucket_id=id bucket_key=key bucket_name=bucket bucket_path=data "
            "bucket_style=path bucket_region=us-east-1"
        )

    def ask(self, path, body=None):
        request = urllib.request.Request(f"{self.address}/{path}", data=body, method="GET" if body is None else "PUT")
        context = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        with urllib.request.build_opener(*handlers).open(request) as answer:
            return answer.read()

    def counts(self):
        """Since the last time."""
        return json.loads(self.ask("counts"))

    def put(self, key, body):
        self.ask(f"bucket/{key}", body)


@contextmanager
def far_bucket(certificate=None, **options):
    """`options` as of far_s3.py: directory, computed, delay, speed."""
    words = []
    for name, value in options.items():
        words += [f"--{name}", *(value if isinstance(value, tuple) else [value])]
    if certificate:
        words += ["--tls", certificate]
    with started("far_s3", *words) as port:
        yield FarBucket(port, certificate)


def certificate(directory):
    """A file with a self-signed certificate for 127.0.0.1 and its key."""
    file, key = directory / "certificate.pem", directory / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", key, "-out", file], check=True, capture_output=True)
    file.write_text(file.read_text() + key.read_text())
    return file


def rclone(bench, bucket, files):
    """Copies the objects to a disk over 64 transfers."""
    place = bench.new_bucket()
    remote = f":s3,provider=Other,list_version=2,env_auth=false,access_key_id=id,secret_access_key=key,endpoint='{bucket.address}':bucket"
    command = ["rclone", "--config", os.devnull, "copy", "--transfers", "64", "--checkers", "64", remote, place]
    fetch(command)
    copied = sum(1 for file in Path(place).rglob("*") if file.is_file())
    shutil.rmtree(place)
    if copied != files:
        raise RuntimeError(f"rclone copied {copied} of {files} objects.")


def curl(bench, bucket, directory):
    """Gets the objects over 64 connections and drops them: what the bucket itself can give."""
    urls = bench.work / "urls"
    keys = [file.relative_to(directory) for file in Path(directory).rglob("*") if file.is_file()]
    urls.write_text("".join(f'url = "{bucket.address}/bucket/{key}"\noutput = /dev/null\n' for key in keys))
    trust = ["--cacert", bucket.certificate] if bucket.certificate else []
    fetch(["curl", "-sSf", "-Z", "--parallel-immediate", "--parallel-max", "64", *trust, "-K", urls])


def fetch(command):
    """Without this shell's variables: proxies and AWS settings would be used."""
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-3000:]}")
