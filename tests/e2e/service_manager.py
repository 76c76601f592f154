# SPDX-License-Identifier: Apache-2.0
"""Who stands in for systemd: hears what an agent says of itself, and hands sockets over.

    with ServiceManager() as manager:
        agent = shop.start(**manager.environment(watchdog_s=0.3))
        manager.until("READY=1")
"""

import os
import socket
import subprocess
import tempfile
import threading
import time

# Becomes the agent, as the service manager's child does: same process id, sockets from 3 on.
HAND_OVER = """
import os, sys
count, names, program = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count), LISTEN_FDNAMES=names)
os.execv(program[0], program)
"""
WAIT_S = 60


class ServiceManager:
    def __init__(self, abstract=False):
        self._folder = tempfile.TemporaryDirectory(prefix="autoreg-manager-")
        self._name = ("\0" if abstract else "") + os.path.join(self._folder.name, "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._name)
        self._heard = threading.Condition()
        self.messages = []  # (when, lines), one for each datagram
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        self._folder.cleanup()

    def _hear(self):
        while message := self._socket.recv(4096):
            with self._heard:
                self.messages.append((time.monotonic(), message.decode().split("\n")))
                self._heard.notify_all()

    def environment(self, watchdog_s=None):
        told = {"NOTIFY_SOCKET": self._name.replace("\0", "@")}
        if watchdog_s:
            told["WATCHDOG_USEC"] = str(int(watchdog_s * 1_000_000))
        return told

    def lines(self, key=""):
        """All that was said so far, or what of it begins with this."""
        with self._heard:
            return [line for _, message in self.messages for line in message
                    if line.startswith(key)]

    def status(self):
        told = self.lines("STATUS=")
        return told[-1].removeprefix("STATUS=") if told else None

    def until(self, line, times=1, wait_s=WAIT_S):
        """Waits until a line that begins so was heard so often."""
        self.until_true(lambda: sum(one.startswith(line) for _, message in self.messages
                                    for one in message) >= times, line, wait_s)

    def until_status(self, text, wait_s=WAIT_S):
        """Waits until the last status has this in it."""
        def stands():
            told = [one for _, message in self.messages for one in message
                    if one.startswith("STATUS=")]
            return told and text in told[-1]
        self.until_true(stands, text, wait_s)

    def until_true(self, happened, what, wait_s):
        with self._heard:
            if not self._heard.wait_for(happened, wait_s):
                raise AssertionError(f"nothing like {what!r} in {self.messages}")


def hand_over(sockets, command, **options):
    """Starts a program that inherits sockets, a dictionary by name, in its order."""
    def place():
        for n, one in enumerate(copies):
            os.dup2(one, 3 + n)
    copies = [os.dup(one.fileno()) for one in sockets.values()]
    copies = [os.dup2(one, 100 + n, inheritable=False) for n, one in enumerate(copies)]
    try:
        return subprocess.Popen(
            ["/usr/bin/python3", "-c", HAND_OVER, str(len(sockets)), ":".join(sockets), *command],
            stdin=subprocess.DEVNULL, preexec_fn=place, close_fds=False, **options)
    finally:
        for one in copies:
            os.close(one)
