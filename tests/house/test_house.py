# SPDX-License-Identifier: Apache-2.0
"""Every house check passes on a small tree that is right, and fails on one that is not."""

import os
import subprocess
import sys
import tempfile
import unittest

HOUSE = os.path.dirname(os.path.abspath(__file__))
SPDX_C = "/* SPDX-License-Identifier: Apache-2.0 */\n"
SPDX_SCRIPT = "# SPDX-License-Identifier: Apache-2.0\n"
COMPILER = ("gcc", "-std=c11", "-Wall")
LOG_EVENT_H = SPDX_C + r"""#pragma once

struct slice {
	const char *ptr;
	unsigned long len;
};
enum { LOG_READY };
enum { LOG_TEXT_CUSTOMER, LOG_TEXT_ERROR, LOG_TEXT_FILE, LOG_TEXT_WHAT };
enum { LOG_NUMBER_LIST, LOG_NUMBER_DEVICES };
int log_event(int event, ...);

#define LOG_TEXT(key, s)                                                       \
	(LOG_TEXT_##key + !_Generic((s), const char * : (s), char * : (s)))
#define LOG_NUMBER(key, n)                                                     \
	(LOG_NUMBER_##key + _Generic((n), int : (n), unsigned long : (n)))
"""

GOOD = {
    "agent/tools/log_event.h": LOG_EVENT_H,
    "base/buf.h": SPDX_C + "#pragma once\n\nstruct buf;\n",
    "base/secret.h": SPDX_C + "#pragma once\n\nstruct secret;\n",
    "base/CMakeLists.txt": SPDX_SCRIPT + "module(base\n  SOURCES\n    err.c)\n",
    "base/err.h": SPDX_C + "#pragma once\n\nint err(void);\n",
    "base/err.c": SPDX_C + "\n#include \"base/err.h\"\n\nint\nerr(void)\n{\n\treturn 0;\n}\n",
    "devices/CMakeLists.txt": SPDX_SCRIPT + "module(devices SOURCES csv.c DEPS base Foo::Foo)\n",
    "devices/csv.c": SPDX_C + "\n#include <stdio.h>\n\n#include \"base/err.h\"\n",
    "tests/CMakeLists.txt": SPDX_SCRIPT + "unit_test(csv LIBS devices)\n",
    "tests/unit/test_csv.c": SPDX_C,
    "docs/architecture.md": "<!-- picture -->\n```text\n devices/ lists\n base/ all\n```\n",
    "docs/operations.md": "# Alerts\n\n### AutoregDown\n\n[up](#alerts), [far](architecture.md)\n",
    "packaging/prometheus/alerts.yml": SPDX_SCRIPT + "- alert: AutoregDown\n",
    "bootstrap": "#!/bin/sh\n" + SPDX_SCRIPT + "echo hello\n",
    ".clang-format": SPDX_SCRIPT + "BasedOnStyle: LLVM\nAlwaysBreakAfterReturnType: AllDefinitions\nUseTab: Always\n"
        "IndentWidth: 8\nBreakBeforeBraces: Linux\n",
}

# check, what is added to the good tree, what the check must say
BAD = (
    ("banned", {"devices/csv.c": "int n = atoi(s);\n"}, "devices/csv.c:1: atoi() is banned"),
    ("banned", {"devices/a.h": "/* */\n\nstrtoull (s, 0, 10);\n"}, "devices/a.h:3: strtoull()"),
    ("banned", {"devices/csv.c": "f(\"\\\"\", vsprintf(a, b));\n"}, "vsprintf() is banned"),
    ("banned", {"devices/csv.c": "system(\"rm\");\n"}, "system() is banned"),
    ("documents", {"docs/a.md": "[b](b.md)\n"}, "docs/a.md: b.md is not there"),
    ("documents", {"docs/a.md": "# A\n[b](#b)\n"}, "docs/a.md: #b has no such heading"),
    ("documents", {"docs/a.md": "```console\n$ rm\n```\n"}, "docs/a.md: a block of console that nobody runs"),
    ("documents", {"packaging/prometheus/alerts.yml": "- alert: AutoregGone\n"}, "AutoregGone has no heading"),
    ("documents", {"packaging/prometheus/alerts.yml": "- alert: AutoregGone\n"}, "AutoregDown is no alert"),
    ("documents", {"http/CMakeLists.txt": "module(http SOURCES a.c)\n"}, "http/ is not in the picture"),
    ("documents", {"docs/architecture.md": "<!-- picture -->\n```text\n base/ all\n devices/ lists\n```\n"},
     "devices/ includes base/, which is not below it"),
    ("format", {"base/err.c": "int  x;\n"}, "clang-formatted"),
    ("headers", {"base/err.h": "#pragma once\nsize_t err(void);\n"}, "does not compile alone"),
    ("headers", {"base/err.h": "#pragma once\nstatic int err(void);\n"}, "does not compile alone"),
    ("layers", {"base/err.c": "#include \"devices/csv.h\"\n"},
     "base/err.c:1: devices/csv.h is not among the DEPS of base"),
    ("layers", {"devices/csv.c": "\n#include \"csv.h\"\n"},
     "devices/csv.c:2: csv.h is not written from the root"),
    ("layers", {"devices/csv.c": "#include \"tests/fake.h\"\n"}, "tests/fake.h is not among"),
    ("layers", {"devices/csv.c": "# include <uv.h>\n"}, "uv.h belongs to agent, auth, http, store"),
    ("layers", {"base/err.c": "#include <openssl/evp.h>\n"}, "belongs to auth, devices"),
    ("layers", {"base/CMakeLists.txt": "module(base SOURCES err.c DEPS devices)\n"}, "circle"),
    ("listed", {"devices/forgotten.c": SPDX_C}, "devices/forgotten.c: not in a CMakeLists.txt"),
    ("listed", {"tests/unit/test_err.c": SPDX_C}, "tests/unit/test_err.c: not in"),
    ("listed", {"tests/unit/fake.c": SPDX_C}, "tests/unit/fake.c: not in"),
    ("listed", {"tests/e2e/test_err.py": SPDX_SCRIPT}, "tests/e2e/test_err.py: not in"),
    ("listed", {"tests/fuzz/fuzz_csv.c": SPDX_C}, "tests/fuzz/fuzz_csv.c: not in"),
    ("log_types", {"agent/tools/log_event.h": LOG_EVENT_H.replace("char * : (s)))", "default : (s)))")},
     "compiles: log_event(LOG_READY, LOG_TEXT(ERROR, secret))"),
    ("log_types", {"agent/tools/log_event.h": LOG_EVENT_H.replace("LOG_READY", "LOG_ALIVE")},
     "does not compile: log_event(LOG_READY)"),
    ("scripts", {"bootstrap": "#!/bin/sh\ncd $1\n"}, "SC2086"),
    ("spdx", {"devices/csv.c": "int x;\n"}, "devices/csv.c: no line"),
    ("spdx", {"bootstrap": "#!/bin/sh\n"}, "bootstrap: no line"),
    ("spdx", {"tests/e2e/test_a.py": "pass\n"}, "tests/e2e/test_a.py: no line"),
    ("spdx", {"cmake/a.cmake": "\n"}, "cmake/a.cmake: no line"),
    ("spelling", {"README.md": "They recei" + "eve it.\n"}, "receive"),
    ("style", {"devices/csv.c": "int x; \n"}, "devices/csv.c:1: blanks at the end"),
    ("style", {"devices/csv.c": "/* TO" + "DO */\n"}, "devices/csv.c:1: unfinished"),
    ("style", {"devices/csv.c": "int x;"}, "one line end"),
    ("style", {"devices/csv.h": "int x;\n"}, "no #pragma once"),
    ("style", {"devices/csv.c": "int x;\n" * 601}, "601 lines"),
)

# What looks wrong and is not.
ALLOWED = (
    ("banned", {"base/a.c": "atoi(s);\n"}),
    ("banned", {"devices/csv.c": "/* atoi(s) */ // gets()\nf(\"system(1)\", random_system());\n"}),
    ("layers", {"devices/csv.c": "#include <openssl/evp.h>\n#include <expat.h>\n"}),
    ("layers", {"tests/unit/test_csv.c": "#include \"devices/csv.h\"\n#include <jansson.h>\n"}),
    ("style", {"devices/csv.c": "int x;\n" * 600}),
    ("style", {"build/dev/x.c": "int x; \n", "tests/data/a.py": "x \n"}),
)


class House(unittest.TestCase):
    def run_check(self, check, changes):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **changes}.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                    f.write(text)
            run = subprocess.run(
                [sys.executable, os.path.join(HOUSE, f"check_{check}.py"), root,
                 *(COMPILER if check == "headers" else ())],
                capture_output=True, text=True, check=False)
        if run.returncode == 77:
            self.skipTest(run.stdout)
        return run.returncode, run.stdout + run.stderr

    def test_every_check_is_tried(self):
        checks = {f[len("check_"):-len(".py")] for f in os.listdir(HOUSE) if f.startswith("check_")}
        self.assertEqual(checks, {check for check, _, _ in BAD})

    def test_good_tree(self):
        for check in sorted({check for check, _, _ in BAD}):
            with self.subTest(check):
                self.assertEqual(self.run_check(check, {}), (0, ""))

    def test_bad_trees(self):
        for check, changes, message in BAD:
            with self.subTest(check=check, message=message):
                status, output = self.run_check(check, changes)
                self.assertNotEqual(status, 0)
                self.assertIn(message, output)

    def test_allowed(self):
        for check, changes in ALLOWED:
            with self.subTest(check=check, changes=changes):
                self.assertEqual(self.run_check(check, changes), (0, ""))


if __name__ == "__main__":
    unittest.main()
