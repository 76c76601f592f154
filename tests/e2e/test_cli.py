# SPDX-License-Identifier: Apache-2.0
"""The command line as people and scripts meet it: help, mistakes, hashes, a stdout that fails."""

import json
import os
import pty
import re
import subprocess
import unittest

import harness

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "lists")

# The synthetic vector of sources.md#hardware-hash: a made-up device.
VECTOR = (
    "T0GkAAEAHAAAAAoAIAPwVQAACgAgA/BVv0ZZLwQCCQgCABAACQABAA4AFAABAAAAAwARAEdlbnVpbmVJbnRlbAAEADQA"
    "RXhhbXBsZSBDUFUgMTIzNCBAIDIuNjBHSHoAAAAAAAAAAAAAAAAAAAAAAAAAAAAADgAPAFRFU1Q5NjA0MDAAEAAMAENv"
    "bnRvc28AEQAUAENvbnRvc28gQm9vayAxNABDUyQANFz6tkAUZYAtr+SPjKjKa3Q2gfqSlvaAfqqVsAeHksg"
).ljust(4000, "A")

USAGE = """\
Usage: autoreg [OPTION]... COMMAND [ARGUMENT]...
Commands: check claims completion consent convert config devices demo doctor
  events gate hash help image lists login logout pause profile register release
  reload report resume retry run status support-bundle unit version
Try 'autoreg help'.
"""

OVERVIEW = """\
autoreg registers Windows Autopilot devices in bulk, from lists of any shape.

Usage: autoreg [OPTION]... COMMAND [ARGUMENT]...

Commands:
  check           find out what is wrong with device lists
  claims          show and follow devices that other organizations hold
  completion      print what a shell needs to complete the command line
  consent         show, ask for and check the consent of customers
  convert         merge and repair device lists into one of another format
  config          check, show or begin the configuration file
  devices         show what became of devices
  demo            show the main job with made-up devices and a simulator
  doctor          find out what keeps the agent from its work
  events          show what has happened
  gate            tell whether devices may be delivered
  hash            tell what hardware hashes say about their devices
  help            explain a command or a finding code
  image           acknowledge that the image of devices is right
  lists           show the lists that were taken in
  login           sign in for a partner
  logout          sign out for a partner
  pause           send nothing any more
  profile         check and try the profile of a maker's service
  register        register the devices of lists, and wait until each is settled
  release         let go of devices that are held, once the cause is mended
  reload          have the agent read its configuration again
  report          show what became of each row of a list
  resume          send again after a pause
  retry           try failed, held and claimed devices again
  run             run the agent: take lists from the spool, register devices
  status          show how things stand
  support-bundle  gather what somebody who helps has to know
  unit            register units as a production line finishes them
  version         print the version

Options of every command:
      --config FILE             the configuration; default: AUTOREG_CONFIG,
                                or else /etc/autoreg/autoreg.yaml
      --json                    the result as one JSON document
  -q, --quiet                   only results and errors
  -v, --verbose                 all findings, not only 20 of a kind; twice:
                                trace on stderr
      --no-progress             no progress bar
  -h, --help                    explain the program, or a command
      --version                 print the version

'autoreg help COMMAND' explains a command, 'autoreg help CODE' a finding code.
"""

HELP_VERSION = """\
autoreg version: print the version

Usage: autoreg version [OPTION]...

Prints the version of autoreg; with --json also the commit it was built from.

Examples:
  autoreg version --json

Options of every command:
      --config FILE             the configuration; default: AUTOREG_CONFIG,
                                or else /etc/autoreg/autoreg.yaml
      --json                    the result as one JSON document
  -q, --quiet                   only results and errors
  -v, --verbose                 all findings, not only 20 of a kind; twice:
                                trace on stderr
      --no-progress             no progress bar
  -h, --help                    explain the program, or a command
      --version                 print the version

Exit codes:
  0  printed
"""

HASH = """\
-:1: the hash is whole and undamaged
  note                    the hash lacks the TPM or its key, so self-deploying and pre-provisioning will fail
  note                    the hash lists no network adapter
  note                    the hash lists no disk
  note                    the hash holds no product key id
  note                    the hash holds no UUID, or one that many devices share
  tool_build              10.0.22000.800
  os_build                10.0.22000.800
  collected               2025-03-04T06:06:07+01:00
  utc_offset              +01:00
  os_type                 full OS
  os_architecture         x64
  tool_version            8
  processor_architecture  x64
  processor_packages      1
  processor_cores         14
  processor_threads       20
  hyper_threading         yes
  processor_manufacturer  GenuineIntel
  processor_model         Example CPU 1234 @ 2.60GHz
  serial                  TEST960400
  manufacturer            Contoso
  model                   Contoso Book 14
"""


class Help(harness.Case):
    def assert_prints(self, args, out):
        self.assertEqual(self.autoreg(*args), (0, out, ""))

    def test_no_words(self):
        self.assertEqual(self.autoreg(), (2, "", USAGE))

    def test_overview(self):
        for args in (["help"], ["--help"], ["-h"], ["-q", "--help"]):
            with self.subTest(args):
                self.assert_prints(args, OVERVIEW)

    def test_command(self):
        for args in (["help", "version"], ["version", "--help"], ["--help", "version"]):
            with self.subTest(args):
                self.assert_prints(args, HELP_VERSION)

    def test_every_command(self):
        for command in re.findall(r"^  ([a-z]+) ", OVERVIEW, re.MULTILINE):
            with self.subTest(command):
                result = self.autoreg("help", command)
                self.assertEqual(result, self.autoreg(command, "-h"))
                self.assertEqual((result.code, result.err), (0, ""))
                self.assertTrue(result.out.startswith(f"autoreg {command}: "))
                self.assertLessEqual(max(map(len, result.out.splitlines())), 79)

    def test_finding(self):
        result = self.autoreg("help", "hash-truncated")
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertTrue(result.out.startswith("hash-truncated (error): "))
        self.assertLessEqual(max(map(len, result.out.splitlines())), 79)
        self.assertEqual(self.autoreg("check", "--explain", "hash-truncated"), result)
        self.assertEqual(self.autoreg("convert", "--explain=hash-truncated"), result)

    def test_unknown_topic(self):
        for topic, message in (
                ("chekc", "unknown topic chekc; did you mean check?"),
                ("hash-trucnated", "unknown topic hash-trucnated; did you mean hash-truncated?"),
                ("frobnicate", "unknown topic frobnicate")):
            with self.subTest(topic):
                self.assertEqual(self.autoreg("help", topic),
                                 (2, "", f"autoreg: {message}\nTry 'autoreg help'.\n"))

    def test_unknown_code(self):
        self.assertEqual(
            self.autoreg("check", "--explain", "duplicat"),
            (2, "", "autoreg: unknown finding code duplicat; did you mean duplicate?\n"
                    "Try 'autoreg help check'.\n"))


class Version(harness.Case):
    def test_text(self):
        for args in (["version"], ["--version"], ["check", "--version"]):
            with self.subTest(args):
                result = self.autoreg(*args)
                self.assertEqual((result.code, result.err), (0, ""))
                self.assertRegex(result.out, r"\Aautoreg [0-9]+\.[0-9]+\.[0-9]+\n\Z")

    def test_json(self):
        result = self.autoreg("version", "--json")
        document = json.loads(result.out)
        self.assertEqual(list(document), ["version", "commit"])
        self.assertEqual(f"autoreg {document['version']}\n", self.autoreg("version").out)
        self.assertTrue(document["commit"])


class Mistakes(harness.Case):
    def test_text(self):
        for args, message, topic in (
                (["chekc", "a.csv"], "unknown command chekc; did you mean check?", ""),
                (["check", "--jsno", "a"], "unknown option --jsno; did you mean --json?", " check"),
                (["check"], "check needs LIST...", " check"),
                (["convert", "a.csv"], "convert needs --to FORMAT", " convert"),
                (["version", "a"], "version: one operand too many: a", " version"),
                (["-v"], "a command is missing", "")):
            with self.subTest(args):
                self.assertEqual(self.autoreg(*args),
                                 (2, "", f"autoreg: {message}\nTry 'autoreg help{topic}'.\n"))

    def test_json(self):
        result = self.autoreg("check", "--jsno", "a.csv", "--json")
        self.assertEqual(result.code, 2)
        self.assertEqual(json.loads(result.out), {"error": {
            "code": "usage", "message": "unknown option --jsno; did you mean --json?",
            "advice": "Try 'autoreg help check'."}})
        self.assertTrue(result.err.startswith("autoreg: unknown option --jsno;"))

    def test_words_cannot_drive_a_terminal(self):
        result = self.autoreg("\x1b[2J\u202e", "--json")
        self.assertEqual(result.err, "autoreg: unknown command ?[2J?\nTry 'autoreg help'.\n")
        self.assertEqual(json.loads(result.out)["error"]["message"], "unknown command ?[2J?")

    def test_long_words_are_cut(self):
        result = self.autoreg("\u20ac" * 1000, "--json")
        message = json.loads(result.out)["error"]["message"]
        self.assertRegex(message, "^unknown command \u20ac+[?]*$")
        self.assertLess(len(message), 256)


class Hash(harness.Case):
    def test_stdin(self):
        for args in ([], ["-"], ["-q"], ["-vv"]):
            with self.subTest(args):
                self.assertEqual(self.autoreg("hash", *args, stdin=VECTOR + "\n"), (0, HASH, ""))

    def test_wrapped(self):
        wrapped = "\r\n".join(VECTOR[at:at + 76] for at in range(0, len(VECTOR), 76))
        result = self.autoreg("hash", "--json", stdin=wrapped)
        self.assertEqual(result.code, 0)
        [fact] = json.loads(result.out)["hashes"]
        self.assertEqual((fact["line"], fact["whole"]), (1, True))

    def test_json(self):
        result = self.autoreg("hash", "--json", stdin=VECTOR)
        self.assertEqual((result.code, result.err), (0, ""))
        [fact] = json.loads(result.out)["hashes"]
        notes, inventory = fact.pop("notes"), fact.pop("inventory")
        self.assertEqual(fact, {
            "source": "-", "line": 1, "whole": True, "fault": None, "serial": "TEST960400",
            "manufacturer": "Contoso", "model": "Contoso Book 14", "product_id": None, "uuid": None,
            "collected": "2025-03-04T05:06:07Z"})
        self.assertEqual(notes, re.findall(r"^  note +(.*)", HASH, re.MULTILINE))
        self.assertEqual(inventory, dict(re.findall(r"^  (?!note)(\w+) +(.*)", HASH, re.MULTILINE)))

    def test_json_of_a_whole_device(self):
        device = harness.make_list.device(7)
        self.write("a.txt", device.hash)
        [fact] = json.loads(self.autoreg("hash", "--json", "a.txt").out)["hashes"]
        self.assertEqual(fact["source"], "a.txt")
        self.assertEqual(fact["serial"], device.serial)
        self.assertEqual(fact["product_id"], device.product_id)
        self.assertRegex(fact["uuid"], r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
        self.assertEqual(fact["uuid"], fact["inventory"]["uuid"])

    def test_json_of_repeated_facts(self):
        """One is a string, several are an array in the order of the records."""
        for count in (1, 2, 3):
            with self.subTest(count):
                text = harness.make_list.encode_hash({"serial": "TEST1", "adapters": count})
                [fact] = json.loads(self.autoreg("hash", "--json", stdin=text).out)["hashes"]
                medium = ["wireless LAN", "Bluetooth", "Ethernet"][:count]
                self.assertEqual(fact["inventory"]["network_medium"],
                                 medium if count > 1 else medium[0])

    def test_some_broken(self):
        text = f"\n{VECTOR}\r\n{VECTOR[:100]}\n{VECTOR[:50]}#\nQUJD\n"
        result = self.autoreg("hash", stdin=text.encode("utf-16"))
        self.assertEqual((result.code, result.err), (3, ""))
        self.assertEqual(result.out, HASH.replace("-:1:", "-:2:") +
                         "-:3: the hash is cut short (75 of 200 bytes)\n"
                         "-:4: the hash holds a character that is not base64 (character 51)\n"
                         "-:5: this is not a hardware hash: it does not begin with \"OA\"\n")

    def test_damaged(self):
        self.write("damaged.txt", harness.make_list.with_broken_record(VECTOR))
        result = self.autoreg("hash", "damaged.txt")
        self.assertEqual((result.code, result.err), (1, ""))
        self.assertRegex(result.out,
                         r"\Adamaged\.txt:1: the hash is damaged: .* \(byte [0-9]+\)\n\Z")

    def test_none_whole(self):
        result = self.autoreg("hash", "--json", stdin="x\n")
        self.assertEqual((result.code, result.err), (1, ""))
        [fact] = json.loads(result.out)["hashes"]
        self.assertIs(fact["whole"], False)
        self.assertEqual(fact["fault"],
                         "the hash holds a character that is not base64 (character 1)")
        self.assertEqual((fact["serial"], fact["notes"], fact["inventory"]), (None, [], {}))

    def test_unreadable_input_does_not_stop_the_others(self):
        self.write("a.txt", VECTOR)
        result = self.autoreg("hash", "nowhere.txt", "a.txt")
        self.assertEqual(result, (1, HASH.replace("-:1:", "a.txt:1:"),
                                  "autoreg: nowhere.txt: cannot be opened: No such file or directory\n"
                                  "Check the path, its permissions and the free space.\n"))
        facts = json.loads(self.autoreg("hash", "--json", "nowhere.txt", "a.txt").out)["hashes"]
        self.assertEqual([(f["source"], f["line"], f["fault"]) for f in facts],
                         [("nowhere.txt", 0,
                           "nowhere.txt: cannot be opened: No such file or directory"),
                          ("a.txt", 1, None)])

    def test_no_hash(self):
        for content, message in ((b"", "the list is empty"), (b" \r\n\n", "the list is empty"),
                                 (b"Serial,Model\nTEST1,Book\n", "no hardware hash"),
                                 (b"a\x00\x00b", "binary data: there are NUL bytes in it"),
                                 (b"PK\x03\x04\x00\x00\xffxx",
                                  "a zip archive, not a device list")):
            with self.subTest(content):
                result = self.autoreg("hash", stdin=content)
                self.assertEqual(result, (1, "", f"autoreg: -: {message}\n"
                                                 "Check that this is the right file.\n"))

    def test_folder(self):
        result = self.autoreg("hash", ".")
        self.assertEqual(result.code, 1)
        self.assertTrue(result.err.startswith("autoreg: .: "))
        self.assertIn("is a directory\n", result.err)

    def test_lists(self):
        """Every hash of a list, whatever is wrong with its row otherwise."""
        for name, lines in (("oa3-unit-0001.xml", [1]), ("quoted-export-csv.csv", [3, 4, 5])):
            with self.subTest(name):
                result = self.autoreg("hash", "--json", os.path.join(LISTS, name))
                hashes = json.loads(result.out)["hashes"]
                self.assertEqual((result.code, result.err), (0, ""))
                self.assertEqual([(h["line"], h["whole"]) for h in hashes],
                                 [(line, True) for line in lines])

    def test_bare_hashes(self):
        self.write("two.txt", VECTOR + "\n" + VECTOR[:-1200] + "B" * 1200 + "\n")
        result = self.autoreg("hash", "--json", "two.txt")
        self.assertEqual([(h["line"], h["whole"]) for h in json.loads(result.out)["hashes"]],
                         [(1, True), (2, True)])

    @harness.on_a_terminal
    def test_terminal_is_no_input(self):
        master, terminal = pty.openpty()
        try:
            done = subprocess.run([harness.PROGRAM, "hash"], stdin=terminal, capture_output=True,
                                  timeout=harness.TIMEOUT_S, check=False)
        finally:
            os.close(terminal)
            os.close(master)
        self.assertEqual((done.returncode, done.stdout, done.stderr.decode()),
                         (2, b"", "autoreg: hash needs LIST: standard input is a terminal\n"
                                  "Try 'autoreg help hash'.\n"))


class Stdout(harness.Case):
    def test_full_disk(self):
        for args in (["version"], ["help"], ["version", "--json"], ["check", "--bad", "--json"]):
            with self.subTest(args), open("/dev/full", "wb") as full:
                result = self.autoreg(*args, stdout=full)
                self.assertEqual(result.code, 1)
                self.assertRegex(result.err, "autoreg: standard output: No space left on device\n$")

    def test_full_disk_before_the_end(self):
        """More than a buffer holds: the failure is older than the last flush."""
        with open("/dev/full", "wb") as full:
            result = self.autoreg("hash", "--json", stdin=f"{VECTOR}\n" * 100, stdout=full)
        self.assertEqual(result.code, 1)
        self.assertIn("autoreg: standard output: ", result.err)

    def test_reader_went_away(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as pipe:
            self.assertEqual(self.autoreg("version", stdout=pipe),
                             (1, "", ""))

    def test_closed_streams(self):
        """Whatever the program opens must not become its standard output."""
        self.write("a.txt", VECTOR)
        done = subprocess.run(["sh", "-c", '"$0" hash a.txt <&- >&-', harness.PROGRAM],
                              cwd=self.folder, stderr=subprocess.PIPE, timeout=harness.TIMEOUT_S,
                              check=False)
        self.assertEqual((done.returncode, done.stderr.decode()),
                         (1, "autoreg: standard output: Bad file descriptor\n"))
        self.assertEqual((self.folder / "a.txt").read_text(), VECTOR)


if __name__ == "__main__":
    unittest.main()
