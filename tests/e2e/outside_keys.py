# SPDX-License-Identifier: Apache-2.0
"""A PKCS#11 token and a TPM that are programs, in a folder of their own, for keys that cannot be read."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

PIN = "123456"
HOW_TO = pathlib.Path(__file__).parents[2] / "docs" / "how-to" / "keys-outside.md"
MODULE = pathlib.Path("/usr/share/p11-kit/modules/softhsm2.module")
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
TIMEOUT_S = 60


def need(*programs, files=()):
    missing = [p for p in programs if not shutil.which(p)]
    missing += [str(f) for f in files if not pathlib.Path(f).exists()]
    if missing:
        raise unittest.SkipTest(f"not installed: {', '.join(missing)}")


def need_of_openssl(package, module):
    if not list(pathlib.Path("/usr/lib").glob(f"*/{module}.so")):
        raise unittest.SkipTest(f"not installed: {package}")


def sh(commands, folder, **environment):
    done = subprocess.run(["sh", "-eu", "-c", commands], cwd=folder, capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"


def how_to(heading):
    """The commands that the page has below a heading."""
    section = HOW_TO.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S))


class Token:
    """SoftHSM with one token, "autoreg", and the key pair autoreg.pem of the page. Commands need the
    environment; pull() and plug() are what hands do."""

    def __init__(self, folder):
        need("softhsm2-util", "pkcs11-tool", files=[MODULE])
        need_of_openssl("libengine-pkcs11-openssl", "engines-3/pkcs11")
        self.folder = pathlib.Path(folder)
        self._tokens = self.folder / "tokens"
        self._tokens.mkdir()
        conf = self.folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {self._tokens}\nobjectstore.backend = file\n"
                        "log.level = ERROR\n", encoding="ascii")
        self.environment = {"SOFTHSM2_CONF": str(conf)}
        self.pin("pin", PIN)
        self.make("autoreg")
        sh(how_to("A PKCS#11 token"), self.folder, PIN=PIN, **self.environment)

    def make(self, label):
        sh(f"softhsm2-util --init-token --free --label {label} --so-pin 87654321 --pin {PIN}",
           self.folder, **self.environment)

    def pin(self, name, text):
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text, encoding="ascii")

    def pull(self):
        self._tokens.rename(self.folder / "drawer")
        self._tokens.mkdir()

    def plug(self):
        self._tokens.rmdir()
        (self.folder / "drawer").rename(self._tokens)

    def tries_are_final(self):
        """Was a wrong PIN given so often that there is one try left?"""
        done = subprocess.run(["pkcs11-tool", "--module", SOFTHSM, "-L"], capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=True, env={**os.environ, **self.environment})
        return "final user PIN" in done.stdout


class Tpm:
    """swtpm, and the key pair autoreg.key, autoreg.pem of the page."""

    def __init__(self, folder):
        need("swtpm", "openssl")
        need_of_openssl("tpm2-openssl", "ossl-modules/tpm2")
        self.folder = pathlib.Path(folder)
        self._state = self.folder / "tpm"
        self._state.mkdir()
        self._process = None
        self._port = self._two_ports()
        self.environment = {"TPM2OPENSSL_TCTI": f"swtpm:port={self._port}",
                            "TPM2TOOLS_TCTI": f"swtpm:port={self._port}",
                            "TSS2_LOG": "all+NONE"}
        self.start()
        sh(how_to("A TPM 2.0"), self.folder, **self.environment)

    @staticmethod
    def _two_ports():
        while True:
            with socket.socket() as a, socket.socket() as b:
                a.bind(("127.0.0.1", 0))
                port = a.getsockname()[1]
                try:
                    b.bind(("127.0.0.1", port + 1))
                except OSError:
                    continue
                return port

    def start(self):
        self._process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._state}", "--server",
             f"type=tcp,port={self._port}", "--ctrl", f"type=tcp,port={self._port + 1}", "--flags",
             "not-need-init,startup-clear"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            with socket.socket() as s:  # the control port: the other one takes one guest at a time
                if s.connect_ex(("127.0.0.1", self._port + 1)) == 0:
                    return
            assert time.monotonic() < deadline, "swtpm does not listen"
            time.sleep(0.02)

    def hang(self):
        """Whoever asks it gets no answer until it wakes up."""
        self._process.send_signal(signal.SIGSTOP)

    def wake_up(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        self._process.kill()
        self._process.wait()
