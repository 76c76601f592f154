# SPDX-License-Identifier: Apache-2.0
"""What stands between an agent and the services: a proxy, and what names mean."""

import os
import select
import shutil
import socket
import subprocess
import threading


class Port:
    """A listener whose connections are carried by a thread each, by a subclass's carry()."""

    def __init__(self, listener):
        self._listener = listener
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()


class Proxy(Port):
    """An HTTP proxy that leads to one port of this machine whatever it is asked for. heads: what it was
    sent before the tunnel, without the bytes in it; begins: the first bytes of each tunnel. refusal: a
    status line to answer with instead; credential: what Proxy-Authorization has to be."""

    def __init__(self, port):
        self._port = port
        self.heads, self.begins = [], []
        self.refusal = self.credential = None
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        super().__init__(listener)

    def _answer(self, head):
        if self.refusal:
            return self.refusal
        if self.credential and f"\r\nProxy-Authorization: {self.credential}\r\n" not in head:
            return "407 Proxy Authentication Required"
        return "200 Connected"

    def carry(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head.decode())
            answer = self._answer(head.decode())
            client.sendall(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()
                           if answer[0] != "2" else f"HTTP/1.1 {answer}\r\n\r\n".encode())
            if answer[0] == "2":
                with socket.create_connection(("127.0.0.1", self._port)) as service:
                    join(client, service, self.begins)


def join(client, service, begins):
    """Carries bytes both ways until one side has had enough."""
    other = {client: service, service: client}
    first = True
    while True:
        for s in select.select(list(other), [], [])[0]:
            try:
                piece = s.recv(65536)
                if not piece:
                    return
                if s is client and first:
                    begins.append(piece[:2])
                    first = False
                other[s].sendall(piece)
            except OSError:
                return


class Relay(Port):
    """A port on an address that leads to another of 127.0.0.1."""

    def __init__(self, port, host="::1"):
        listener = socket.create_server((host, 0), family=socket.AF_INET6)
        self._target = port
        self.port = listener.getsockname()[1]
        super().__init__(listener)

    def carry(self, client):
        with client, socket.create_connection(("127.0.0.1", self._target)) as service:
            join(client, service, [])


class Names:
    """What names mean to programs that are started by way of it: what set() says, and nothing else."""

    def __init__(self, folder):
        self._folder = folder
        self._hosts = folder / "hosts"
        self.set()
        (folder / "resolv.conf").write_text("options timeout:1 attempts:1\n", encoding="ascii")

    @staticmethod
    def missing():
        """Why it cannot be done here; None: it can."""
        if os.geteuid() != 0 or not shutil.which("unshare"):
            return "only root can give a program other names"
        done = subprocess.run(["unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"],
                              capture_output=True, check=False)
        return "no mounts of one's own here" if done.returncode else None

    def set(self, **names):
        """names: of dots underscores stand in the place. In the same file, which is mounted."""
        self._hosts.write_text("".join(f"{address} {name.replace('_', '.')}\n"
                                       for name, address in names.items()), encoding="ascii")

    def program(self, program):
        """A program that starts this one so."""
        path = self._folder / "with-names"
        path.write_text(
            "#!/bin/sh\nexec unshare --mount sh -c '\n"
            f"mount --bind {self._hosts} /etc/hosts && \n"
            f"mount --bind {self._folder}/resolv.conf /etc/resolv.conf && exec \"$@\"' "
            f"sh {program} \"$@\"\n", encoding="ascii")
        path.chmod(0o755)
        return str(path)
