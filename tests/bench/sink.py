# SPDX-License-Identifier: Apache-2.0
"""nginx over TLS on loopback, which reads what it is sent, all of it, and says 202.

    with Sink(cores) as sink:
        ...  # post to sink.url; sink.short_url closes the connection after each answer
"""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

START_S = 10

# A return would answer before the body is there; mirroring it to nobody reads it first.
CONFIGURATION = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	client_max_body_size 64m;
	client_body_buffer_size 16m;
	keepalive_requests 1000000;
	ssl_certificate sink.pem;
	ssl_certificate_key sink.key;
	ssl_protocols TLSv1.3;
	root .;
	error_page 404 405 =202 /done;
	server {{ listen 127.0.0.1:{port} ssl; include locations; }}
	server {{ listen 127.0.0.1:{short_port} ssl; keepalive_timeout 0; include locations; }}
}}
"""
LOCATIONS = """
location / { mirror /read; }
location = /read { internal; return 204; }
location = /done { return 202; }
"""


def missing():
    """The name of a program that is needed and is not here; None if all are."""
    return next((p for p in ("nginx", "openssl") if not find(p)), None)


def find(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sink:
    def __init__(self, cores):
        self._cores = cores
        self._folder = tempfile.TemporaryDirectory(prefix="autoreg-sink-")
        self._process = None
        self.folder = pathlib.Path(self._folder.name)
        self.ca = self.folder / "sink.pem"
        self.port, self.short_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}/devices"
        self.short_url = f"https://127.0.0.1:{self.short_port}/devices"

    def __enter__(self):
        subprocess.run([find("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                        "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", self.folder / "sink.key", "-out", self.ca],
                       check=True, stderr=subprocess.DEVNULL)
        (self.folder / "locations").write_text(LOCATIONS, encoding="ascii")
        configuration = self.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port, short_port=self.short_port),
                                 encoding="ascii")
        self._process = subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, self._cores)), find("nginx"), "-p", self.folder,
             "-c", configuration, "-e", "stderr"])
        self._wait()
        return self

    def __exit__(self, kind, value, trace):
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def _wait(self):
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.short_port)).close()
                return
            except ConnectionRefusedError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
