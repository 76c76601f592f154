# SPDX-License-Identifier: Apache-2.0
"""Hooks: whoever wants to know is told, at least once and in order, and nobody else waits for it."""

import hashlib
import hmac
import http.server
import json
import signal
import ssl
import subprocess
import threading
import unittest

import agent_case

KINDS = ["list_received", "list_done"]


class Receiver:
    """A web server that notes what it is posted, and answers as it is told."""

    def __init__(self, certificate=None, statuses=()):
        receiver = self
        self.posts = []  # (headers, body)
        self._statuses = list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((dict(self.headers), body))
                self.send_response(receiver._statuses.pop(0) if receiver._statuses else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def kinds(self):
        return [json.loads(body)["kind"] for _, body in self.posts]


class Case(agent_case.Case):
    def hooked(self, **hooks):
        """A shop whose agent tells of lists. exec: the text of a script."""
        script = hooks.pop("script", None)
        self.open()
        self.told = self.shop.folder / "told"
        if script is not None:
            path = self.shop.folder / "hook"
            path.write_text("#!/bin/sh\n" + script.replace("TOLD", str(self.told)),
                            encoding="ascii")
            path.chmod(0o700)
            hooks["exec"] = [str(path)]
        self.shop.settings["hooks"] = {"on": KINDS, **hooks}
        self.shop.write_config()

    def events(self):
        """What the script was told."""
        if not self.told.exists():
            return []
        return [json.loads(line) for line in self.told.read_text("utf-8").splitlines()]

    def told_kinds(self):
        return [e["kind"] for e in self.events()]

    def trail(self, *words):
        done = self.shop.run("events", "--json", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["events"]


class Programs(Case):
    def test_a_program_is_told_in_order(self):
        self.hooked(script='echo "$AUTOREG_EVENT $AUTOREG_EVENT_ID $#" >> TOLD.env\ncat >> TOLD\n'
                           "env | cut -d= -f1 | sort > TOLD.names\n")
        agent = self.start()
        for n in range(3):
            self.shop.drop("contoso", 2, name=f"list-{n}.csv")
            self.until_reported("contoso", n + 1)
        self.until(lambda: len(self.events()) == 6, "not all was told")
        self.stop(agent)
        events = self.events()
        self.assertEqual([e["kind"] for e in events], KINDS * 3)
        self.assertEqual([e["id"] for e in events], sorted({e["id"] for e in events}))
        self.assertEqual([e["list"] for e in events], ["1", "1", "2", "2", "3", "3"])
        self.assertEqual(events[1]["message"], "list-0.csv: registered 2")
        self.assertEqual((events[1]["customer"], events[1]["actor"], events[1]["serial"]),
                         ("contoso", "agent", None))
        heard = (self.shop.folder / "told.env").read_text().splitlines()
        self.assertEqual(heard, [f"{e['kind']} {e['id']} 0" for e in events])
        names = set((self.shop.folder / "told.names").read_text().split())
        self.assertLessEqual(names, {"AUTOREG_EVENT", "AUTOREG_EVENT_ID", "PATH", "PWD", "SHLVL",
                                     "_", "OLDPWD"})
        # Nothing of what was told once is told again, and nothing that happened before.
        self.stop(self.start())
        self.assertEqual(len(self.events()), 6)

    def test_one_that_fails_is_tried_again_and_given_up(self):
        self.hooked(script="cat >> TOLD\necho no luck >&2\nexit 3\n", attempts=3)
        agent = self.start()
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.until(lambda: len(self.events()) == 6, "not tried three times each")
        self.until(lambda: len(self.trail("--kind", "hook_failed")) == 2, "not given up")
        self.stop(agent)
        self.assertEqual(self.told_kinds(), ["list_received"] * 3 + ["list_done"] * 3)
        self.assertIn("no luck", self.shop.log())
        self.assertIn("failed with exit status 3", self.trail("--kind", "hook_failed")[0]["message"])
        self.assert_once(serials)

    def test_one_that_hangs_is_stopped_with_what_it_has_started(self):
        self.hooked(script="cat >> TOLD\ntrap '' TERM\nsh -c 'trap \"\" TERM; echo $$ > TOLD.child;"
                           " while :; do sleep 1; done' &\nwhile :; do sleep 1; done\n",
                    timeout="1s", attempts=1)
        agent = self.start()
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)  # nobody waits for the hook
        self.assert_once(serials)
        self.until(lambda: self.told_kinds() == KINDS, "the first was not given up")
        self.until(lambda: len(self.trail("--kind", "hook_failed")) == 2, "not given up")
        self.assertIn("did not end in time", self.trail("--kind", "hook_failed")[0]["message"])
        child = int((self.shop.folder / "told.child").read_text())
        self.until(lambda: not self.is_alive(child), "its child still runs")
        self.stop(agent)

    @staticmethod
    def is_alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                return f.read().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def test_one_that_floods_is_heard_out(self):
        self.hooked(script="cat >> TOLD\nyes flood | head -c 20000000 >&2\n"
                           "yes flood | head -c 20000000\n")
        agent = self.start()
        serials = self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.until(lambda: self.told_kinds() == KINDS, "not told")
        self.stop(agent)
        self.assert_once(serials)
        self.assertNotIn("flood", self.shop.log())

    def test_a_program_that_is_not_there(self):
        self.hooked(exec=["/nonexistent/tell"], attempts=1)
        agent = self.start()
        self.shop.drop("contoso", 1)
        self.until(lambda: len(self.trail("--kind", "hook_failed")) == 2, "not given up")
        self.stop(agent)
        self.assertIn("/nonexistent/tell cannot be run", self.shop.log())

    def test_a_crash_before_it_is_told(self):
        self.hooked(script="cat >> TOLD\n[ -e TOLD.go ] || sleep 60\n")
        agent = self.start()
        self.shop.drop("contoso", 2)
        self.until(lambda: self.told_kinds() == ["list_received"], "not told at all")
        self.until_reported("contoso", 1)
        agent.send_signal(signal.SIGKILL)
        agent.wait()
        (self.shop.folder / "told.go").touch()
        agent = self.start()
        self.until(lambda: "list_done" in self.told_kinds(), "forgotten")
        self.stop(agent)
        self.assertEqual(self.told_kinds(), ["list_received", "list_received", "list_done"])

    def test_the_end_does_not_wait_long(self):
        self.hooked(script="cat >> TOLD\n[ -e TOLD.go ] || sleep 60\n")
        agent = self.start()
        self.shop.drop("contoso", 2)
        self.until(lambda: self.told_kinds() == ["list_received"], "not told at all")
        self.stop(agent)  # the program is stopped, its event told again
        (self.shop.folder / "told.go").touch()
        agent = self.start()
        self.until(lambda: "list_done" in self.told_kinds(), "forgotten")
        self.stop(agent)
        self.assertEqual(self.told_kinds()[:2], ["list_received", "list_received"])
        self.assertEqual(self.trail("--kind", "hook_failed"), [])

    def test_another_configuration(self):
        self.hooked(script="exit 1\n", attempts=100)
        agent = self.start()
        self.shop.drop("contoso", 2)
        self.until_reported("contoso", 1)
        self.until_logged("a hook was not told")
        with Receiver() as receiver:
            self.shop.settings["hooks"] = {"on": KINDS, "webhook": receiver.url}
            self.shop.write_config()
            self.assertEqual(self.shop.run("reload").returncode, 0)
            self.until(lambda: receiver.kinds() == KINDS, "lost by the reload")
            self.stop(agent)

    def test_without_a_daemon(self):
        self.hooked(script="cat >> TOLD\n")
        path, serials = self.shop.make_list("a.csv", 3)
        done = self.shop.run("register", "--customer", "contoso", str(path))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.told_kinds(), KINDS)
        self.assert_once(serials)


class Webhooks(Case):
    def test_a_webhook_is_posted_and_signed(self):
        with Receiver() as receiver:
            self.hooked(webhook=receiver.url, secret={"file": "hook-secret"})
            secret = self.shop.folder / "hook-secret"
            secret.write_text("s3cret\n", encoding="ascii")
            secret.chmod(0o600)
            agent = self.start()
            self.shop.drop("contoso", 2)
            self.until(lambda: receiver.kinds() == KINDS, "not posted")
            self.stop(agent)
        for headers, body in receiver.posts:
            event = json.loads(body)
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertEqual(headers["X-Autoreg-Event"], event["kind"])
            self.assertEqual(headers["X-Autoreg-Event-Id"], str(event["id"]))
            self.assertEqual(headers["X-Autoreg-Signature"],
                             "sha256=" + hmac.digest(b"s3cret", body, hashlib.sha256).hex())
        self.assertNotIn("s3cret", self.shop.log())

    def test_only_2xx_is_told(self):
        with Receiver(statuses=[500, 302, 404]) as receiver:
            self.hooked(webhook=receiver.url)
            agent = self.start()
            self.shop.drop("contoso", 2)
            self.until(lambda: len(receiver.posts) == 5, "not tried again")
            self.stop(agent)
        self.assertEqual(receiver.kinds(), ["list_received"] * 4 + ["list_done"])
        self.assertNotIn("X-Autoreg-Signature", receiver.posts[0][0])
        self.assertIn("the webhook answers with status 302", self.shop.log())

    def test_one_that_nobody_vouches_for(self):
        self.open()
        pem = self.shop.folder / "wrong.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem,
                        "-out", self.shop.folder / "cert.pem", "-days", "1", "-subj",
                        "/CN=127.0.0.1"], check=True, capture_output=True)
        with open(pem, "ab") as f:
            f.write((self.shop.folder / "cert.pem").read_bytes())
        with Receiver(certificate=pem) as receiver:
            self.shop.settings["hooks"] = {"on": KINDS, "webhook": receiver.url, "attempts": 2}
            self.shop.write_config()
            agent = self.start()
            serials = self.shop.drop("contoso", 2)
            self.until_reported("contoso", 1)
            self.until(lambda: len(self.trail("--kind", "hook_failed")) == 2, "not given up")
            self.stop(agent)
        self.assertEqual(receiver.posts, [])
        self.assertIn("not trusted", self.shop.log())
        self.assert_once(serials)


if __name__ == "__main__":
    unittest.main()
