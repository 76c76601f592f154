# SPDX-License-Identifier: Apache-2.0
"""Somebody who types the commands of a document, in a folder of his own, and sees what they print."""

import datetime
import os
import pathlib
import re
import shlex
import signal
import subprocess

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# One time in a thousand is a whole second and has no fraction; in a table blanks stand there.
TIME = re.compile(r"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?)Z(?:(?<=:\d\dZ) {4})?")
HEADINGS = re.compile(r"[A-Z][A-Z ]+")
SECONDS = re.compile(r"\b\d+s ago")
BEGIN = datetime.datetime(2030, 1, 15, 8, tzinfo=datetime.timezone.utc)
STEP_S = 600  # what the clock of the reader shows is rounded to that
KNOWN = {"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222",
         "33333333-3333-4333-8333-333333333333", "44444444-4444-4444-8444-444444444444"}
TYPED_S = 60
END_S = 30


def widened(table):
    """With columns as wide as they are if a time has a fraction."""
    lines = table.split("\n")
    if not HEADINGS.fullmatch(lines[0]):
        return table
    times = [m for line in lines for m in TIME.finditer(line)]
    for start in sorted({m.start() for m in times}, reverse=True):
        if all("." not in m[1] for m in times if m.start() == start):
            end = start + len("2030-01-15T08:00:00Z")
            lines = [line[:end] + " " * 4 + line[end:] if line[end:] else line for line in lines]
    return "\n".join(lines)


class Reader:
    """programs: name -> path of what stands on his PATH before all else. stands_for: what a document
    says -> what is so on this machine, such as a port that is free. shell: what runs a command; it is
    started in the folder."""

    def __init__(self, folder, programs, stands_for=None, shell=("sh", "-c"), **environment):
        self.folder = pathlib.Path(folder)
        self._shell = shell
        self._stands_for = stands_for or {}
        self._jobs = []
        self._began = datetime.datetime.now(datetime.timezone.utc)
        on_path = self.folder / ".bin"
        on_path.mkdir()
        for name, program in programs.items():
            (on_path / name).symlink_to(program)
        self._environment = {**os.environ, "LC_ALL": "C.UTF-8",
                             "PATH": f"{on_path}{os.pathsep}{os.environ['PATH']}", **environment}

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for job in self._jobs:
            if job.poll() is None:
                job.kill()
                job.wait()

    def here(self, text):
        """What the document says, as it is on this machine."""
        for said, real in self._stands_for.items():
            text = text.replace(said, real)
        return text

    def there(self, text):
        """What was printed, as the document has it: ids cut short, time as in the story."""
        for said, real in self._stands_for.items():
            text = text.replace(real, said)
        text = GUID.sub(lambda m: m[0] if m[0] in KNOWN else "…", text)
        text = "\n\n".join(map(widened, text.split("\n\n")))
        text = TIME.sub(self._shown_time, SECONDS.sub("0s ago", text))
        return text.replace(str(self.folder), "/srv/autoreg")

    def write(self, name, text):
        """A file that the document tells to write."""
        (self.folder / name).write_text(self.here(text), encoding="utf-8")

    def type(self, command):
        """What is printed then. A command that ends with & goes on meanwhile, and can be ended with
        kill %1; what is exported stays so."""
        command = self.here(command)
        if command.startswith("kill %"):
            return "".join(self._end(int(job)) for job in re.findall(r"%(\d+)", command))
        if command.startswith("export "):
            for word in shlex.split(command)[1:]:
                name, _, value = word.partition("=")
                self._environment[name] = value
            return ""
        options = {"cwd": self.folder, "env": self._environment, "stdin": subprocess.DEVNULL}
        if command.endswith("&"):
            self._jobs.append(subprocess.Popen([*self._shell, f"exec {command[:-1]}"], **options))
            return ""
        done = subprocess.run([*self._shell, command], stdout=subprocess.PIPE, timeout=TYPED_S,
                              stderr=subprocess.STDOUT, check=False, text=True, **options)
        return self.there(done.stdout)

    def succeeds(self, command):
        """Whether it does so now."""
        return subprocess.run([*self._shell, self.here(command)], cwd=self.folder, env=self._environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TYPED_S,
                              check=False).returncode == 0

    def _end(self, number):
        job = self._jobs[number - 1]
        job.send_signal(signal.SIGTERM)
        code = job.wait(END_S)
        return "" if code == 0 else f"job {number} ended with {code}\n"

    def _shown_time(self, match):
        at = datetime.datetime.fromisoformat(match[1] + "+00:00")
        passed = (at - self._began).total_seconds()
        shown = BEGIN + datetime.timedelta(seconds=max(0, passed) // STEP_S * STEP_S)
        return shown.strftime("%Y-%m-%dT%H:%M:%S.000Z")
