#!/usr/bin/env python3
"""Calls Say.Hello of rpc_server.py: python3 rpc_client.py"""

import json
import urllib.request

import greeter

arguments = greeter.parser(__doc__)
arguments.add_argument("--server", default="http://localhost:4000")
call = {"method": "Say.Hello", "params": [{"name": "John"}], "jsonrpc": "2.0", "id": 0}
request = urllib.request.Request(
    arguments.parse_args().server, json.dumps(call).encode(), {"Content-Type": "application/json"})
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        print(json.load(response)["result"])
except (OSError, ValueError, LookupError) as error:
    greeter.fail(error)
