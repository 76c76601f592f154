#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks as they are: proxies and what they refuse, IPv6 alone, and names that mean nothing for an
hour."""

import base64
import http.client
import json
import shutil
import subprocess
import unittest

import warp  # first
import agent_case
import harness
from certificates import make_certificate
from simulator import Simulator
from way_out import Names, Proxy, Relay
from workshop import Workshop

HOST = "service.test"
CREDENTIAL = "user:pass word"
BASIC = "Basic " + base64.b64encode(CREDENTIAL.encode()).decode()
NO_PROXIES = {f"{name}_proxy": "" for name in ("http", "https", "all", "no", "HTTPS", "ALL", "NO")}


class Case(warp.Case):
    def prepare(self, port=None, host=HOST, **sections):
        """Services that are called HOST, over TLS. port: of what leads there; None: their own."""
        folder = self.enterContext(harness.tempfile.TemporaryDirectory(prefix="autoreg-way-"))
        self.folder = harness.pathlib.Path(folder)
        authority = make_certificate(self.folder / "ca")
        make_certificate(self.folder / "service", authority, hosts=(HOST, "127.0.0.1", "::1"))
        sim = Simulator({"jobs": agent_case.FAST}, options=(
            "--tls-cert", str(self.folder / "service.pem"), "--tls-key",
            str(self.folder / "service.key")))
        sim.ca = self.folder / "ca.pem"
        self.sim = self.enterContext(sim)
        self.shop = self.enterContext(Workshop(
            f"https://{host}:{port(sim.port) if port else sim.port}", **sections))

    def proxy(self):
        proxy = Proxy(self.sim.port)
        self.addCleanup(proxy.close)
        return proxy

    def credential(self, text):
        path = self.shop.folder / "proxy"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def start_out(self, program=harness.PROGRAM, **environment):
        return self.start(program=program, SSL_CERT_FILE=str(self.folder / "ca.pem"),
                          **{**NO_PROXIES, **environment})

    def names(self):
        if why := Names.missing():
            self.skipTest(why)
        return Names(self.folder)

    def assert_registers(self, devices=3):
        serials = self.shop.drop("contoso", devices=devices)
        self.until_reported("contoso", 1)
        self.assert_once(serials)
        self.assert_told(serials)

    def assert_tunnels(self, proxy, credential=None):
        """All that the proxy has seen is where to, and who; the rest is TLS."""
        self.assertTrue(proxy.heads)
        for head in proxy.heads:
            lines = head.split("\r\n")
            self.assertRegex(lines[0], rf"^CONNECT {HOST}:\d+ HTTP/1\.1$")
            self.assertNotIn("\r\nAuthorization:", head)
            self.assertNotIn("Bearer", head)
            sent = [line for line in lines if line.startswith("Proxy-Authorization:")]
            self.assertEqual(sent, [f"Proxy-Authorization: {credential}"] if credential else [])
        self.assertTrue(proxy.begins)
        self.assertEqual(set(proxy.begins), {b"\x16\x03"})  # a handshake


class Proxies(Case):
    def test_of_the_configuration(self):
        self.prepare()
        proxy = self.proxy()
        proxy.credential = BASIC
        self.credential(CREDENTIAL + "\n")
        self.shop.settings["http"] = {"proxy": proxy.url, "proxy_credential": {"file": "proxy"}}
        self.shop.write_config()
        agent = self.start_out()
        self.assert_registers()
        self.assert_tunnels(proxy, BASIC)
        self.stop(agent)
        shown = self.shop.run("config", "show").stdout
        for text in (self.shop.log(), shown, self.shop.run("events", "--json").stdout):
            self.assertNotIn(CREDENTIAL, text)
            self.assertNotIn(BASIC[6:], text)

    def test_of_the_environment(self):
        self.prepare()
        proxy = self.proxy()
        agent = self.start_out(https_proxy=proxy.url)
        self.assert_registers()
        self.assert_tunnels(proxy)
        self.stop(agent)

    def test_that_does_not_know_us(self):
        self.prepare()
        proxy = self.proxy()
        proxy.credential = BASIC
        self.credential("user:wrong")
        self.shop.settings["http"] = {"proxy": proxy.url, "proxy_credential": {"file": "proxy"}}
        self.shop.write_config()
        agent = self.start_out()
        serials = self.shop.drop("contoso", devices=2)
        self.until_logged("the proxy asks who we are, or does not know us (407)")
        self.assertIn("Check http: proxy_credential in the configuration", self.shop.log())
        self.credential("no colon")
        done = self.shop.run("reload")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("http: proxy_credential: it is not of the form user:password", done.stderr)
        self.credential(CREDENTIAL)
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until_passing(lambda: self.shop.reports("contoso", ".report.json"), "not registered",
                           "10s", "1h")
        self.assert_once(serials)
        self.stop(agent)

    def test_that_refuses(self):
        self.prepare()
        proxy = self.proxy()
        proxy.refusal = "403 Forbidden"
        self.shop.settings["http"] = {"proxy": proxy.url}
        self.shop.write_config()
        agent = self.start_out()
        serials = self.shop.drop("contoso", devices=2)
        self.until_logged("the proxy does not let us go there (403). Ask whoever runs it")
        proxy.refusal = "502 Bad Gateway"
        self.until_logged("the proxy cannot reach it (502 to 504)")
        proxy.refusal = None
        self.until_passing(lambda: self.shop.reports("contoso", ".report.json"), "not registered",
                           "10s", "1h")
        self.assert_once(serials)
        self.stop(agent)

    def test_that_is_not_used(self):
        self.prepare()
        names = self.names()
        names.set(service_test="127.0.0.1")
        nobody = f"http://127.0.0.1:{agent_case.free_port()}"
        for n, settings in enumerate(({"proxy": "off"}, {"proxy": nobody, "no_proxy": ["test"]})):
            self.shop.settings["http"] = settings
            self.shop.write_config()
            agent = self.start_out(names.program(harness.PROGRAM), https_proxy=nobody)
            self.shop.drop("contoso", devices=2, name=f"{n}.csv")
            self.until_reported("contoso", n + 1)
            self.stop(agent)
        self.shop.settings["http"] = {"proxy": "http://proxy.test:3128"}
        self.shop.write_config()
        agent = self.start_out(names.program(harness.PROGRAM))
        self.shop.drop("contoso", devices=2)
        self.until_logged("the proxy's name does not resolve. Check http: proxy")
        self.stop(agent)

    @unittest.skipUnless(shutil.which("tinyproxy"), "tinyproxy is not installed")
    def test_tinyproxy(self):
        self.prepare()
        names = self.names()
        names.set(service_test="127.0.0.1")
        port = agent_case.free_port()
        config = self.folder / "tinyproxy.conf"
        config.write_text(f"Port {port}\nListen 127.0.0.1\nBasicAuth user secret\n"
                          f"ConnectPort {self.sim.port}\nTimeout 60\n", encoding="ascii")
        config.chmod(0o644)
        tiny = subprocess.Popen([names.program("tinyproxy"), "-d", "-c", str(config)],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(tiny.wait)
        self.addCleanup(tiny.terminate)
        self.credential("user:wrong")
        self.shop.settings["http"] = {"proxy": f"http://127.0.0.1:{port}",
                                      "proxy_credential": {"file": "proxy"}}
        self.shop.write_config()
        agent = self.start_out()
        serials = self.shop.drop("contoso", devices=2)
        self.until_logged("does not know us (407)")
        self.credential("user:secret")
        self.assertEqual(self.shop.run("reload").returncode, 0)
        self.until_passing(lambda: self.shop.reports("contoso", ".report.json"), "not registered",
                           "10s", "1h")
        self.assert_once(serials)
        self.stop(agent)


class Addresses(Case):
    def relay(self, port):
        relay = Relay(port)
        self.addCleanup(relay.close)
        return relay.port

    def assert_asked(self, port):
        connection = http.client.HTTPConnection("::1", port, timeout=agent_case.WAIT_S)
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/status")  # Host: [::1]:port
        self.assertEqual(json.load(connection.getresponse())["running"], True)

    def test_ipv6_literals(self):
        port = agent_case.free_port()
        self.prepare(self.relay, "[::1]", listen=f"[::1]:{port}")
        self.assertEqual(self.shop.run("config", "check").returncode, 0)
        agent = self.start_out()
        self.assert_registers()
        self.assert_asked(port)
        self.stop(agent)

    def test_names_that_mean_ipv6(self):
        self.prepare(self.relay)
        names = self.names()
        names.set(service_test="::1")
        agent = self.start_out(names.program(harness.PROGRAM))
        self.assert_registers()
        self.stop(agent)


class Outage(Case):
    def test_no_names_for_an_hour(self):
        self.prepare(retry={"base": "2s", "max": "15m"})
        names = self.names()
        agent = self.start_out(names.program(harness.PROGRAM))
        serials = self.shop.drop("contoso", devices=20)
        self.until_logged(f"{HOST}:{self.sim.port}: no connection, nothing was sent: "
                          f"Could not resolve host: {HOST}")
        self.pass_time("1h", "1m")
        status = self.shop.api("GET", "/v1/status")[1]
        self.assertEqual(status["queue"]["queued"], 20, status)
        self.assertIn(f"Could not resolve host: {HOST}", status["partners"][0]["message"])
        self.assertIn("Could not resolve host", self.shop.run("status").stdout)
        self.assertEqual(self.sim.counters()["requests"]["token"], 0)
        before = self.shop.log().count("Could not resolve host")
        self.assertLess(before, 60)  # at growing intervals, for two customers
        names.set(service_test="127.0.0.1")
        self.until_passing(lambda: self.shop.reports("contoso", ".report.json"), "not registered",
                           "1m", "20m")
        self.assert_once(serials)
        self.assert_told(serials)
        self.assertIsNone(self.shop.api("GET", "/v1/status")[1]["partners"][0]["message"])
        self.stop(agent)


if __name__ == "__main__":
    unittest.main()
