#!/usr/bin/env python3
"""Serves Say.Hello to whoever knows the address: python3 rpc_server.py"""

import greeter

arguments = greeter.parser(__doc__)
arguments.add_argument("--port", type=int, default=4000)
greeter.server(arguments.parse_args()).serve_forever()
