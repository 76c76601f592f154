/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hash_findings.h"

#include <stdarg.h>

#include "devices/columns.h"

__attribute__((format(printf, 3, 4))) static void
add(struct row_findings *out, enum finding_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	row_findings_vadd(out, code, finding_info(code)->severity, column_name(COLUMN_HASH), fmt,
	    ap);
	va_end(ap);
}

/* Who cut it, as far as can be told. Source: sources.md#field-rules */
static const char *
where_cut(size_t len, bool cut_file)
{
	static const size_t cell_limit[] = { 255, 256, 1024, 2048, 4095 };

	if (cut_file)
		return ", and so is the file";
	for (size_t i = 0; i < sizeof cell_limit / sizeof cell_limit[0]; i++) {
		if (len == cell_limit[i])
			return ", at a limit of the tool that wrote it";
	}
	return "";
}

static void
add_fault(const struct hardware_hash *h, size_t len, bool cut_file, struct row_findings *out)
{
	switch (h->fault) {
	case HASH_WHOLE:
	case HASH_EMPTY:
		break;
	case HASH_NOT_BASE64:
		add(out, FINDING_HASH_NOT_BASE64, "character %zu is not base64", h->at + 1);
		break;
	case HASH_NOT_OA:
		add(out, FINDING_HASH_NOT_OA, "not a hardware hash: it does not begin with \"OA\"");
		break;
	case HASH_LEGACY:
		add(out, FINDING_HASH_LEGACY, "the 128-byte hash of Windows 10 1703 or older");
		break;
	case HASH_TRUNCATED:
		add(out, FINDING_HASH_TRUNCATED,
		    "the hash is cut short%s: %zu characters hold %zu of %zu bytes",
		    where_cut(len, cut_file), len, h->have, h->need);
		break;
	case HASH_MALFORMED:
		add(out, FINDING_HASH_MALFORMED, "the hash is damaged at byte %zu", h->at);
		break;
	case HASH_NO_CHECKSUM:
		add(out, FINDING_HASH_MALFORMED, "the hash is damaged: no checksum at byte %zu",
		    h->at);
		break;
	case HASH_CHECKSUM:
		add(out, FINDING_HASH_CHECKSUM, "the hash is damaged: its checksum does not match");
		break;
	case HASH_TOO_LONG:
		add(out, FINDING_VALUE_TOO_LONG, "%zu characters, a hash has %d", len,
		    HARDWARE_HASH_CHARS);
		break;
	}
}

/* Oddities of a hash that is whole. */
static void
add_notes(const struct hardware_hash *h, struct row_findings *out)
{
	static const struct {
		unsigned bit;
		enum finding_code code;
	} map[] = {
		{ HASH_NOTE_NONCANONICAL, FINDING_HASH_NONCANONICAL },
		{ HASH_NOTE_PADDING, FINDING_HASH_NONCANONICAL },
		{ HASH_NOTE_NO_SERIAL, FINDING_HASH_INCOMPLETE },
		{ HASH_NOTE_NO_MANUFACTURER, FINDING_HASH_INCOMPLETE },
		{ HASH_NOTE_EK_MISMATCH, FINDING_HASH_UNUSUAL },
		{ HASH_NOTE_TIME_FUTURE, FINDING_HASH_UNUSUAL },
		{ HASH_NOTE_UNUSUAL, FINDING_HASH_UNUSUAL },
	};
	unsigned seen = h->notes;

	for (size_t i = 0; seen && i < sizeof map / sizeof map[0]; i++) {
		if (seen & map[i].bit)
			add(out, map[i].code, "%s", hash_note_text((enum hash_note)map[i].bit));
	}
}

void
hash_findings_add(const struct hardware_hash *h, size_t len, bool cut_file,
    struct row_findings *out)
{
	if (h->fault == HASH_WHOLE)
		add_notes(h, out);
	else
		add_fault(h, len, cut_file, out);
}
