# SPDX-License-Identifier: Apache-2.0
"""A maker's service that has little in common with reference-v1: a bare array of devices that name
their tenant themselves, results at once, other words, a key in a header. Its profile is
tests/data/oem/other.yaml.

    with OtherMaker() as maker:
        ...  # requests go to maker.url
        assert not maker.complaints
"""

import http.server
import json
import socket
import threading
import urllib.parse
import uuid

KEY = "line-7-key"
MEMBERS = {"ClientRef", "Sn", "Make", "Type", "Profile", "Po", "TenantId", "TenantDomain"}
OK = ("DONE", "", "")


class Unit:
    def __init__(self):
        self.tenant = None
        self.tag = self.order = ""
        self.submitted = self.registered = self.released = 0


class OtherMaker:
    def __init__(self):
        self.lock = threading.Lock()
        self.agreements = {}   # by tenant: "SIGNED" (also of those that nobody knows) or "NONE"
        self.units = {}        # by serial number
        self.sayings = {}      # by serial number: reason, and how often it is still given
        self.lost_answers = 0  # of the next registrations, after they took effect
        self.bodies = []       # all that was registered, as text
        self.complaints = []
        maker = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                with maker.lock:
                    status, document = maker.handle(self)
                if status is None:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                text = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Trace", str(uuid.uuid4()))
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind, value, trace):
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def fault(status, word):
        return status, {"Fault": {"Id": word, "Text": "No."}}

    def complain(self, status, text):
        self.complaints.append(text)
        return self.fault(status, "BAD_VALUE")

    def handle(self, request):
        """Status and document; no status: the connection ends."""
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length).decode()
        path, _, query = request.path.partition("?")
        if request.headers.get("X-Factory-Key") != KEY:
            return self.fault(401, "WHO_ARE_YOU")
        if (request.headers.get("X-Line"), query) != ("7", "form=short"):
            return self.complain(400, f"header or query is missing: {request.path}")
        part = [urllib.parse.unquote(p) for p in path.split("/")[1:]]
        if (request.command, part[0], len(part)) == ("GET", "agreements", 3):
            return 200, {"Agreement": {"State": self.agreements.get(part[1], "SIGNED")}}
        if (request.command, path) == ("POST", "/v3/Enrolments"):
            return self.enrol(body)
        if (request.command, path) == ("POST", "/v3/Withdrawals"):
            return self.withdraw(body)
        return self.complain(404, f"{request.command} {request.path}")

    def read(self, body):
        """The devices, or None and it is complained of."""
        devices = json.loads(body)
        for device in devices:
            if set(device) != MEMBERS or not all(isinstance(v, str) for v in device.values()):
                self.complaints.append(f"members: {sorted(device)}")
            elif not device["TenantId"] or not device["TenantDomain"]:
                self.complaints.append("a blank tenant")
            else:
                continue
            return None
        return devices

    def enrol(self, body):
        self.bodies.append(body)
        devices = self.read(body)
        if devices is None:
            return self.fault(400, "BAD_VALUE")
        if any(self.agreements.get(d["TenantId"]) == "NONE" for d in devices):
            return self.fault(403, "AGREEMENT_MISSING")
        results = [self.result(d, self.enrol_one(d)) for d in devices]
        if self.lost_answers > 0:
            self.lost_answers -= 1
            return None, None
        return 200, results[::-1]

    def withdraw(self, body):
        devices = self.read(body)
        if devices is None:
            return self.fault(400, "BAD_VALUE")
        return 200, [self.result(d, self.withdraw_one(d)) for d in devices]

    @staticmethod
    def result(device, outcome):
        return {"ClientRef": device["ClientRef"], **dict(zip(("Outcome", "Reason", "Text"), outcome))}

    def enrol_one(self, device):
        unit = self.units.setdefault(device["Sn"], Unit())
        reason, times = self.sayings.get(device["Sn"], (None, 0))
        unit.submitted += 1
        if times > 0:
            self.sayings[device["Sn"]] = (reason, times - 1)
            return ("REFUSED", reason, "Because.")
        if unit.tenant == device["TenantId"]:
            return ("REFUSED", "OWNED", "")
        if unit.tenant:
            return ("REFUSED", "TAKEN_BY_OTHERS", "")
        unit.tenant, unit.tag, unit.order = device["TenantId"], device["Profile"], device["Po"]
        unit.registered += 1
        return OK

    def withdraw_one(self, device):
        unit = self.units.get(device["Sn"])
        if not unit or not unit.tenant:
            return ("REFUSED", "NOT_OURS", "")
        if unit.tenant != device["TenantId"]:
            return ("REFUSED", "TAKEN_BY_OTHERS", "")
        unit.tenant = None
        unit.released += 1
        return OK
