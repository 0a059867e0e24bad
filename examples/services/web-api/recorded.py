#!/usr/bin/env python3
"""Answers as the APIs on the web do that the example services call: Google's for addresses and for
places, Hailo's, Slack's and Twitter's. What it knows is recorded here.

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
CRUISES = {
    "geometry": {"location": {"lat": -33.8687895, "lng": 151.1942171}},
    "name": "Rhythmboat Cruises",
    "place_id": "ChIJyWEHuEmuEmsRm9hTkapTCrk",
    "vicinity": "Pyrmont Bay Wharf",
}


def of_google(results, query):
    if not query.get("key"):
        return 200, {"error_message": "no key", "results": [], "status": "REQUEST_DENIED"}
    return 200, {"results": results, "status": "OK" if results else "ZERO_RESULTS"}


def geocode(query, headers):
    known = query.get("address") == ["Charing Cross, London"] or "latlng" in query
    return of_google([CHARING_CROSS] if known else [], query)


def near_by(query, headers):
    return of_google([CRUISES], query)


def taxis(body):
    def answer(query, headers):
        given = headers.get("Authorization", "").startswith("token ")
        return (200, body) if given else (403, {"error": "Forbidden"})

    return answer


def post_message(query, headers):
    if "token" not in query:
        return 200, {"ok": False, "error": "not_authed"}
    ts = "1417671948.000006"
    message = {"type": "message", "text": query["text"][0], "user": "U1", "ts": ts}
    return 200, {"ok": True, "channel": query["channel"][0], "ts": ts, "message": message}


def tweet(query, headers):
    if not headers.get("Authorization", "").startswith("OAuth "):
        return 401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]}
    user = {"id": 3751898902, "screen_name": "_asl_am"}
    return 200, {"id": 680196475473784833, "text": query["status"][0], "user": user}


ANSWERS = {
    "/maps/api/geocode/json": geocode,
    "/maps/api/place/nearbysearch/json": near_by,
    "/status/up": taxis({}),
    "/drivers/eta": taxis({"etas": [{"eta": 3, "count": 15, "service_type": "regular"}]}),
    "/api/chat.postMessage": post_message,
    "/1.1/statuses/update.json": tweet,
}


class Recorded(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(urlsplit(self.path).query)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def answer(self, parameters):
        known = ANSWERS.get(urlsplit(self.path).path)
        if not known:
            return self.send_error(404)
        status, answer = known(parse_qs(parameters), self.headers)
        body = json.dumps(answer).encode()
        self.send_response(status)
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
