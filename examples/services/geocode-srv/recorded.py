#!/usr/bin/env python3
"""Answers as Google's geocoding API does, for the one address that it knows.

Usage: recorded.py [PORT]   (8070; 0: the system chooses)
"""
import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

CHARING_CROSS = {
    "address_components": [
        {"long_name": "Charing Cross", "short_name": "Charing Cross", "types": ["establishment"]},
        {"long_name": "London", "short_name": "London", "types": ["postal_town"]},
    ],
    "formatted_address": "Charing Cross, London WC2N 5HF, UK",
    "geometry": {
        "location": {"lat": 51.508359, "lng": -0.124803},
        "location_type": "APPROXIMATE",
        "viewport": {
            "northeast": {"lat": 51.5097, "lng": -0.1234},
            "southwest": {"lat": 51.507, "lng": -0.1261},
        },
    },
    "place_id": "recorded",
    "types": ["establishment", "point_of_interest"],
}


class Recorded(BaseHTTPRequestHandler):
    def do_GET(self):
        target = urlsplit(self.path)
        if target.path != "/maps/api/geocode/json":
            return self.send_error(404)
        query = parse_qs(target.query)
        known = query.get("address") == ["Charing Cross, London"]
        if not query.get("key"):
            answer = {"error_message": "no key", "results": [], "status": "REQUEST_DENIED"}
        elif known:
            answer = {"results": [CHARING_CROSS], "status": "OK"}
        else:
            answer = {"results": [], "status": "ZERO_RESULTS"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8070), Recorded)
    print("Listening on %s:%d" % server.server_address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
