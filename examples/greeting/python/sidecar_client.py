#!/usr/bin/env python3
"""Calls Say.Hello of go.micro.srv.greeter through the sidecar: python3 sidecar_client.py"""

import json
import urllib.error
import urllib.request

import greeter

parser = greeter.parser(__doc__)
parser.add_argument("--sidecar", default="http://localhost:8081")
parser.add_argument("--name", default="go.micro.srv.greeter")
arguments = parser.parse_args()
call = {"service": arguments.name, "method": "Say.Hello", "request": {"name": "John"}}
request = urllib.request.Request(
    arguments.sidecar + "/rpc", json.dumps(call).encode(), {"Content-Type": "application/json"})
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        print(json.dumps(json.load(response)))
except urllib.error.HTTPError as error:  # its body says what went wrong
    greeter.fail(error.read().decode())
except (OSError, ValueError) as error:
    greeter.fail(error)
