# SPDX-License-Identifier: Apache-2.0
"""What must never be logged does not compile.

usage: check_log_types.py ROOT [COMPILER FLAG...]
"""

import subprocess
import sys

import house

PROGRAM = """
#include "agent/tools/log_event.h"
#include "base/buf.h"
#include "base/secret.h"

void check(const struct secret *secret, struct secret *own, struct slice hash, struct slice *at,
    const struct buf *buf, const unsigned char bytes[32], const signed char *more, const void *any,
    char *text, const char *name, const char title[8], int number, unsigned long size, long long at_ms);
void
check(const struct secret *secret, struct secret *own, struct slice hash, struct slice *at,
    const struct buf *buf, const unsigned char bytes[32], const signed char *more, const void *any,
    char *text, const char *name, const char title[8], int number, unsigned long size, long long at_ms)
{
	(void)secret; (void)own; (void)hash; (void)at; (void)buf; (void)bytes; (void)more; (void)any;
	(void)text; (void)name; (void)title; (void)number; (void)size; (void)at_ms;
	%s;
}
"""

GOOD = (
    "log_event(LOG_READY)",
    "log_event(LOG_READY, LOG_TEXT(CUSTOMER, name))",
    "log_event(LOG_READY, LOG_TEXT(CUSTOMER, text), LOG_TEXT(FILE, title), LOG_TEXT(WHAT, \"x\"))",
    "log_event(LOG_READY, LOG_NUMBER(LIST, number), LOG_NUMBER(DEVICES, size))",
)

BAD = (
    *(f"log_event(LOG_READY, LOG_TEXT(ERROR, {what}))" for what in (
        "secret", "own", "hash", "hash.len", "&hash", "at", "*at", "buf", "*buf", "bytes", "more",
        "any", "number", "secret_get(secret)")),
    *(f"log_event(LOG_READY, LOG_NUMBER(LIST, {what}))" for what in (
        "secret", "own", "hash", "hash.ptr", "bytes", "bytes[0]", "more[0]", "any", "name",
        "name[0]", "1.5")),
    "log_event(LOG_READY, LOG_TEXT(LIST, name))",
    "log_event(LOG_READY, LOG_NUMBER(CUSTOMER, number))",
    "log_event(LOG_READY, LOG_TEXT(PASSWORD, name))",
    "log_event(LOG_NO_SUCH_EVENT)",
)


def compiles(root, command, statement):
    return subprocess.run([*command, "-w", "-fsyntax-only", "-I.", "-xc", "-"], cwd=root,
                          input=PROGRAM % statement, capture_output=True, text=True,
                          check=False).returncode == 0


def main(root, command):
    command = command or ["cc", "-std=c11", "-D_GNU_SOURCE"]
    problems = [f"does not compile: {s}" for s in GOOD if not compiles(root, command, s)]
    problems += [f"compiles: {s}" for s in BAD if compiles(root, command, s)]
    house.end(problems)


main(sys.argv[1], sys.argv[2:])
