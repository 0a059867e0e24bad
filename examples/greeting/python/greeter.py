"""Say.Hello as a JSON-RPC server, with what comes with Python: for rpc_server.py, sidecar_server.py."""

import argparse
import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def say_hello(request):
    return "hello " + request["name"]


METHODS = {"Say.Hello": say_hello}


def answer(body):
    """The JSON-RPC reply to a call."""
    reply = {"result": None, "id": None, "jsonrpc": "2.0"}
    try:
        call = json.loads(body)
        reply["id"] = call.get("id")
        method = METHODS.get(call["method"])
        if method is None:
            reply["error"] = {"code": -32601, "message": "Method not found"}
        else:
            reply["result"] = method(call["params"][0])
    except (ValueError, LookupError, TypeError, AttributeError):
        reply["error"] = {"code": -32600, "message": "Invalid Request"}
    if "error" in reply:
        del reply["result"]
    return json.dumps(reply)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections

    def do_GET(self):  # /health, for the sidecar
        self.send(200 if self.path == "/health" else 404, "text/plain", "")

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > 1 << 20:
            self.close_connection = True
            return self.send(411 if not length else 413, "text/plain", "")
        self.send(200, "application/json", answer(self.rfile.read(int(length))))

    def send(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def server(arguments):
    """A server on arguments.port, 0 for any; serve_forever() returns at SIGINT and SIGTERM."""
    http = ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    http.daemon_threads = True

    def stop(*_):
        raise SystemExit

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    print("Listening on 127.0.0.1:%d" % http.server_port, flush=True)
    return http


def parser(description):
    return argparse.ArgumentParser(description=description)


def fail(error):
    print(error, file=sys.stderr)
    sys.exit(1)
