#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What nobody should send to the agent's server, and nobody should take so slowly: others are answered
meanwhile, and memory stays where it is."""

import contextlib
import http.client
import os
import re
import socket
import unittest

import warp  # first
import agent_case
from test_server import TOKEN, Case as ServerCase

HOST = b"Host: localhost\r\n"
OF_ONE_ADDRESS = 16
IDLE_S = 15
GROWTH_KIB = 8 * 1024


class Case(warp.Case):
    def serve(self):
        self.open()
        self.port = agent_case.free_port()
        self.shop.settings["listen"] = f"127.0.0.1:{self.port}"
        self.shop.write_config()
        self.agent = self.start()

    def connect(self, unix=False):
        s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.addCleanup(s.close)
        s.settimeout(agent_case.WAIT_S)
        s.connect(self.shop.settings["control"] if unix else ("127.0.0.1", self.port))
        return s

    @staticmethod
    def rest(s):
        """All that comes until the agent closes the connection."""
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := s.recv(65536):
                got += piece
        return got

    @classmethod
    def rest_soon(cls, s):
        """The same, before the library would close it for being idle: its clock is not moved."""
        s.settimeout(IDLE_S / 3)
        return cls.rest(s)

    def statuses(self, request, unix=False):
        """Of all the answers to these bytes, which nothing follows."""
        s = self.connect(unix)
        with contextlib.suppress(OSError):
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.rest(s))]

    def assert_answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=agent_case.WAIT_S)
        with contextlib.closing(connection):
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().status, 200)
        self.assertEqual(self.shop.api("GET", "/v1/status")[0], 200)

    def memory_kib(self):
        with open(f"/proc/{self.agent.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


class Garbled(Case):
    def test_what_cannot_be_read(self):
        self.serve()
        more = b"GET /v1/status HTTP/1.1\r\n" + HOST + b"\r\n"
        get = b"GET /healthz HTTP/1.1\r\n" + HOST
        length = b"Content-Length: %d\r\n" % len(more)
        for name, request, statuses in (
                ("two requests", get + b"\r\n" + more, [[200, 200]]),
                ("two lengths", get + b"Content-Length: 0\r\n" + length + b"\r\n" + more, [[400]]),
                ("two lengths, the other first", get + length + b"Content-Length: 0\r\n\r\n" + more,
                 [[400]]),
                ("length and chunks", get + length + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                 + more, [[400]]),
                ("an unknown encoding", get + b"Transfer-Encoding: xchunked\r\n\r\n" + more,
                 [[], [400]]),
                ("two encodings", get + b"Transfer-Encoding: chunked, identity\r\n\r\n" + more,
                 [[], [400]]),
                ("a blank before the colon", get + b"Content-Length : 44\r\n\r\n" + more, [[400]]),
                ("a length on the next line", get + b"Content-Length:\r\n 44\r\n\r\n" + more, [[400]]),
                ("a carriage return", get + b"X: y\rContent-Length: 44\r\n\r\n" + more, [[400]]),
                # The library says it twice before it closes.
                ("a length with a sign", get + b"Content-Length: +44\r\n\r\n" + more,
                 [[400], [400, 400]]),
                ("a length below nothing", get + b"Content-Length: -1\r\n\r\n" + more,
                 [[400], [400, 400]]),
                ("a huge length", get + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
                 [[413], [413, 413]]),
                ("two hosts", get + b"Host: evil.example\r\n\r\n", [[400]]),
                ("a question with a body", get + b"Content-Length: 5\r\n\r\nhello", [[413]]),
                ("the same in chunks", get + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0"
                 b"\r\n\r\n", [[]]),
                ("a NUL", b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n", [[400]]),
                ("bare NUL", b"GET /v1/\0 HTTP/1.1\r\n" + HOST + b"\r\n", [[404], [400], []]),
                ("half an escape", b"GET /%4 HTTP/1.1\r\n" + HOST + b"\r\n", [[400]]),
                ("upwards", b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", [[404]]),
                ("upwards, escaped", b"GET /v1/lists/..%2f..%2f/report HTTP/1.1\r\n" + HOST
                 + b"\r\n", [[400]]),
                ("an address elsewhere", b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
                 [[400]]),
                ("a path of 20 KB", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
                 [[404]]),
                ("a path of 1 MB", b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
                 [[414], []]),
                ("a header of 40 KB", get + b"X-Long: " + b"a" * 40_000 + b"\r\n\r\n", [[431], []]),
                ("1000 headers", get + b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(4000))
                 + b"\r\n", [[431], []]),
                ("another version", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [[505], [400]]),
                ("TLS", b"\x16\x03\x01\x00\x05hello\r\n\r\n", [[], [400]])):
            with self.subTest(name):
                self.assertIn(self.statuses(request), statuses)
                self.assert_answers()
        self.stop(self.agent)

    def test_other_methods(self):
        self.serve()
        for method in (b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"PATCH", b"BREW"):
            for path in (b"/v1/status", b"/v1/pause", b"/v1/lists?customer=contoso"):
                with self.subTest(method + b" " + path):
                    self.assertEqual(self.statuses(method + b" " + path + b" HTTP/1.1\r\n" + HOST
                                                   + b"\r\n"), [405])
        self.assertEqual(self.statuses(b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n"), [400])
        self.stop(self.agent)

    def test_a_body_that_is_too_large(self):
        self.serve()
        self.assertEqual(self.statuses(
            b"POST /v1/lists?customer=contoso HTTP/1.1\r\n" + HOST
            + b"Content-Length: %d\r\n\r\n" % ((64 << 20) + 1), unix=True), [413])
        self.assert_answers()
        self.stop(self.agent)


class Slow(Case):
    def test_connections(self):
        """So many of one address, and what is behind them is not the other socket's."""
        self.serve()
        held = [self.connect() for _ in range(OF_ONE_ADDRESS)]
        one_more = self.connect()
        with contextlib.suppress(OSError):
            one_more.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        self.assertEqual(self.rest(one_more), b"")
        self.assertEqual(self.shop.api("GET", "/v1/status")[0], 200)
        for s in held:
            s.close()
        self.until(lambda: self.statuses(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n") == [200],
                   "the connections are not free again")
        self.stop(self.agent)

    def test_headers(self):
        """Bit by bit, so that the connection is never idle."""
        self.serve()
        slow = [self.connect(unix) for unix in (False, True)]
        for piece in (b"GET /healthz", b" HTTP/1.1\r\n", b"Host: localhost\r\n", b"X: y\r\n"):
            for s in slow:
                s.sendall(piece)
            self.pass_time("9s")
            self.assert_answers()
        for s in slow:
            self.assertEqual(self.rest_soon(s), b"")
        self.stop(self.agent)

    def test_a_question_after_a_pause(self):
        """The time counts anew after an answer."""
        self.serve()
        s = self.connect()
        for _ in range(4):
            s.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
            self.assertIn(b"200 OK", s.recv(65536))
            self.pass_time("20s")
        self.stop(self.agent)

    def test_bodies(self):
        self.serve()
        held = []
        for _ in range(20):
            s = self.connect(unix=True)
            s.sendall(b"POST /v1/lists?customer=contoso HTTP/1.1\r\n" + HOST
                      + b"Content-Length: 1000\r\n\r\nabc")
            held.append(s)
        self.assert_answers()
        for s in held:
            s.close()
        self.until(lambda: not list(self.shop.state.glob("temp-*")), "what had come is not removed")
        self.stop(self.agent)

    def test_readers(self):
        """Answers and streams that nobody takes."""
        self.serve()
        self.shop.drop("contoso", devices=3000)
        self.until_reported("contoso", 1)
        self.assert_answers()
        before = self.memory_kib()
        held = []
        for target in (b"/v1/devices?customer=contoso&limit=3000",) * 8 + (b"/v1/events?after=0",) * 7:
            s = socket.socket()
            self.addCleanup(s.close)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", self.port))
            s.sendall(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            held.append(s)
        for s in held:
            self.assertIn(b"200 OK", s.recv(64))
        self.shop.drop("contoso", devices=100, name="more.csv")
        self.until_reported("contoso", 2)  # the agent's work goes on
        self.assert_answers()
        if not os.environ.get("AUTOREG_SANITIZED"):  # its memory is not the program's
            self.assertLess(self.memory_kib() - before, GROWTH_KIB)
        self.stop(self.agent)


class Handshakes(warp.Case, ServerCase):
    def test_that_stall(self):
        self.prepare()
        agent = self.start()
        stalled = []
        for hello in (b"", b"\x16\x03\x01\x02\x00\x01"):
            s = socket.create_connection(("127.0.0.1", self.port), agent_case.WAIT_S)
            self.addCleanup(s.close)
            s.sendall(hello)
            stalled.append(s)
        self.assertEqual(self.ask(token=TOKEN)[0], 200)
        self.pass_time("32s")
        for s in stalled:
            self.assertEqual(Case.rest_soon(s), b"")
        self.assertEqual(self.ask()[0], 200)
        self.stop(agent)


del ServerCase

if __name__ == "__main__":
    unittest.main()
