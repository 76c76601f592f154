/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/log.h"

/*
 * The sink that hands records to systemd's journal with their fields, by its native protocol: MESSAGE,
 * PRIORITY, MESSAGE_ID, SYSLOG_IDENTIFIER, and AUTOREG_EVENT and AUTOREG_<NAME> for the others. MESSAGE
 * is the line that people would see, level aside. Values keep their line ends; what else could drive a
 * terminal, or is not UTF-8, becomes U+FFFD.
 *
 * It never waits for the journal: if that is full or gone the record is lost. One that is back after
 * a restart is found again. Source: sources.md#journal
 */
#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

enum { LOG_JOURNAL_MAX = 16 * 1024 }; /* bytes of a record; fields that do not fit are left out */

struct log_journal {
	const char *path;
	int fd; /* -1: closed */
	char datagram[LOG_JOURNAL_MAX];
};

/* Is this descriptor what JOURNAL_STREAM says, "device:inode"? NULL: it is not. */
bool log_journal_is_stream(int fd, const char *journal_stream);

/* path: borrowed. Errors: ERR_CONNECT, nobody is there; ERR_IO. The descriptor is -1 then. */
MUST_USE enum err_code log_journal_open(struct log_journal *j, const char *path, struct err *err);

/* The journal is borrowed by the sink. */
struct log_sink log_journal_sink(struct log_journal *j);

void log_journal_close(struct log_journal *j);
