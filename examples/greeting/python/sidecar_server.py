#!/usr/bin/env python3
"""Serves Say.Hello as go.micro.srv.greeter, registered by the sidecar: python3 sidecar_server.py"""

import json
import threading
import urllib.request
import uuid

import greeter


class Registration:
    """Renewed every 10 s; without that it ends after 30."""

    def __init__(self, sidecar, name, port):
        node = {"id": name + "-" + str(uuid.uuid4()), "address": "127.0.0.1", "port": port}
        self.url = sidecar + "/registry"
        self.service = json.dumps({"name": name, "nodes": [node]}).encode()
        self.stopped = threading.Event()
        self.send("POST", "?ttl=30s")
        threading.Thread(target=self.renew, daemon=True).start()

    def send(self, verb, query=""):
        urllib.request.urlopen(
            urllib.request.Request(self.url + query, self.service,
                                   {"Content-Type": "application/json"}, method=verb),
            timeout=10).close()

    def renew(self):
        while not self.stopped.wait(10):
            try:
                self.send("POST", "?ttl=30s")
            except OSError as error:  # the next one may succeed
                print("not renewed:", error, flush=True)

    def end(self):
        self.stopped.set()
        self.send("DELETE")


def main():
    parser = greeter.parser(__doc__)
    parser.add_argument("--sidecar", default="http://localhost:8081")
    parser.add_argument("--name", default="go.micro.srv.greeter")
    parser.add_argument("--port", type=int, default=4000)
    arguments = parser.parse_args()
    server = greeter.server(arguments)
    try:
        registration = Registration(arguments.sidecar, arguments.name, server.server_port)
    except OSError as error:
        greeter.fail(error)
    print("Registered", arguments.name, flush=True)
    try:
        server.serve_forever()
    finally:
        registration.end()


main()
