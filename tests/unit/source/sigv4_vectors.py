#!/usr/bin/python3
"""Writes sigv4_vectors.json: what botocore (AWS's own client library) signs for requests that are easy to get wrong.

Made once with Debian 12's python3-botocore; run again only to add requests:  ./sigv4_vectors.py > sigv4_vectors.json
"""
import datetime
import json
from unittest import mock

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NIGHT = "20130524T000000Z"

# name, key in the bucket, query, further headers, region, session token, time
CASES = [
    ("plain key", "data/dbo/orders/LOAD00000001.csv.gz", [], {}, "us-east-1", "", NIGHT),
    ("range and if-match", "a.csv.gz", [], {"range": "bytes=100-", "if-match": '"0123456789abcdef"'}, "eu-west-1", "", NIGHT),
    ("space, plus, equals", "a b/c+d/e=f", [], {}, "us-east-1", "", NIGHT),
    ("reserved characters", "(!'*~@:,;&$)", [], {}, "us-east-1", "", NIGHT),
    ("percent, hash, question mark", "100%/%41/#1/?2", [], {}, "us-east-1", "", NIGHT),
    ("double slash and dots", "a//b/../c/./d", [], {}, "us-east-1", "", NIGHT),
    ("unicode", "größe/订单/😀.csv", [], {}, "us-east-1", "", NIGHT),
    ("control characters", "a\tb\nc\x7f", [], {}, "us-east-1", "", NIGHT),
    ("listing", "", [["prefix", "data/"], ["list-type", "2"], ["encoding-type", "url"], ["max-keys", "1000"], ["delimiter", "/"]],
     {}, "ap-southeast-2", "", NIGHT),
    ("empty value", "", [["prefix", ""], ["list-type", "2"]], {}, "us-east-1", "", NIGHT),
    ("token with reserved characters", "", [["continuation-token", "1/a+b c==&x"], ["list-type", "2"]], {}, "us-east-1", "", NIGHT),
    ("start-after with unicode", "", [["start-after", "data/größe /+"], ["list-type", "2"]], {}, "us-east-1", "", NIGHT),
    ("names that sort by case", "", [["b", "2"], ["B", "1"], ["a-", "x"], ["a", "y"]], {}, "us-east-1", "", NIGHT),
    ("session token", "k", [], {}, "us-east-1", "FwoGZXIvYXdzE" + "x/+=" * 450, NIGHT),
    ("leap day, other region", "k", [], {}, "us-gov-west-1", "", "20240229T235959Z"),
]


def vector(name, key, query, headers, region, token, time):
    host = "bucket.s3.%s.amazonaws.com" % region
    path = "/" + percent_encode(key.encode(), safe="/~")
    request = AWSRequest(method="GET", url="https://" + host + path, headers=dict(headers), params=dict(query) or None)
    moment = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ")
    signed = {}

    class Signer(S3SigV4Auth):  # keeps what it signs
        def string_to_sign(self, request, canonical_request):
            signed["canonical_request"] = canonical_request
            signed["string_to_sign"] = super().string_to_sign(request, canonical_request)
            return signed["string_to_sign"]

    with mock.patch("botocore.auth.datetime") as clock:
        clock.datetime.utcnow.return_value = moment
        Signer(Credentials(KEY_ID, SECRET, token or None), "s3", region).add_auth(request)
    authorization = request.headers["Authorization"]
    return {"name": name, "host": host, "key": key, "query": query, "headers": headers, "region": region,
            "session_token": token, "time": time, **signed, "authorization": authorization,
            "signature": authorization.rpartition("=")[2]}


print(json.dumps({"access_key_id": KEY_ID, "secret_access_key": SECRET, "vectors": [vector(*case) for case in CASES]},
                 indent=1))
