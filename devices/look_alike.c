/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/look_alike.h"

#include <stdbool.h>
#include <string.h>

#include "devices/oa3.h"

enum { TEXT_MAX = 4096 };

struct kind {
	const char *what;
	const char *advice;
};

static const char SAVE_AS_CSV[] =
    "Open it and save the sheet as CSV UTF-8; better, take the list from the tool that made it.";
static const char UNPACK[] = "Unpack it first and name the list in it.";
static const char ASK_FOR_LIST[] = "Ask whoever sent it for the device list as a CSV file.";
static const char RUN_SCRIPT[] =
    "This is the program that makes a list, not a list: run it on the device and send its output.";
static const char SAVE_ATTACHMENT[] = "Save the attached list as a file of its own.";
static const char KEEP_SECRET[] =
    "It may hold a private key: keep it away from lists, and tell its owner if it was sent around.";

/* A file that begins with (or has at an offset) these bytes, whatever follows. */
static const struct {
	const char *bytes;
	size_t len;
	size_t at;
	struct kind kind;
} magic[] = {
#define BYTES(s) (s), sizeof(s) - 1
	{ BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), 0,
	    { "an old Office file, likely an Excel workbook (.xls)", SAVE_AS_CSV } },
	{ BYTES("%PDF-"), 0, { "a PDF document", ASK_FOR_LIST } },
	{ BYTES("\x89PNG\r\n\x1A\n"), 0, { "a picture (PNG)", ASK_FOR_LIST } },
	{ BYTES("\xFF\xD8\xFF"), 0, { "a picture (JPEG)", ASK_FOR_LIST } },
	{ BYTES("GIF87a"), 0, { "a picture (GIF)", ASK_FOR_LIST } },
	{ BYTES("GIF89a"), 0, { "a picture (GIF)", ASK_FOR_LIST } },
	{ BYTES("\x1F\x8B\x08"), 0, { "a gzip archive", UNPACK } },
	{ BYTES("7z\xBC\xAF\x27\x1C"), 0, { "a 7z archive", UNPACK } },
	{ BYTES("Rar!\x1A\x07"), 0, { "a RAR archive", UNPACK } },
	{ BYTES("MSCF\0\0\0\0"), 0, { "a cabinet archive (.cab)", UNPACK } },
	{ BYTES("\3757zXZ\0"), 0, { "an xz archive", UNPACK } },
	{ BYTES("\x28\xB5\x2F\xFD"), 0, { "a zstd archive", UNPACK } },
	{ BYTES("1AY&SY"), 4, { "a bzip2 archive", UNPACK } },
	{ BYTES("ustar"), 257, { "a tar archive", UNPACK } },
	{ BYTES("\177ELF"), 0, { "a program (ELF)", ASK_FOR_LIST } },
	{ BYTES("SQLite format 3\0"), 0, { "an SQLite database", ASK_FOR_LIST } },
	{ BYTES("\x30\x82"), 0, { "a certificate or a key (DER)", KEEP_SECRET } },
#undef BYTES
};

/* Names of members, which stand uncompressed in the head of a zip archive. */
static const struct {
	const char *member;
	struct kind kind;
} zip[] = {
	{ "xl/", { "an Excel workbook (.xlsx)", SAVE_AS_CSV } },
	{ "opendocument.spreadsheet", { "an OpenDocument spreadsheet (.ods)", SAVE_AS_CSV } },
	{ "word/", { "a Word document (.docx)", ASK_FOR_LIST } },
	{ "", { "a zip archive", UNPACK } },
};

/* Text that begins so, whatever the case of its letters. */
static const struct {
	const char *prefix;
	struct kind kind;
} text_begin[] = {
	{ "<#", { "a PowerShell script", RUN_SCRIPT } },
	{ "param(", { "a PowerShell script", RUN_SCRIPT } },
	{ "param (", { "a PowerShell script", RUN_SCRIPT } },
	{ "[CmdletBinding(", { "a PowerShell script", RUN_SCRIPT } },
	{ "#Requires ", { "a PowerShell script", RUN_SCRIPT } },
	{ "-----BEGIN CERTIFICATE", { "a certificate (PEM)", KEEP_SECRET } },
	{ "-----BEGIN ", { "a certificate or a key (PEM)", KEEP_SECRET } },
	{ "{\\rtf", { "a document in Rich Text Format", ASK_FOR_LIST } },
	{ "Return-Path:", { "an e-mail", SAVE_ATTACHMENT } },
	{ "Received:", { "an e-mail", SAVE_ATTACHMENT } },
	{ "Delivered-To:", { "an e-mail", SAVE_ATTACHMENT } },
	{ "MIME-Version:", { "an e-mail", SAVE_ATTACHMENT } },
	{ "Message-ID:", { "an e-mail", SAVE_ATTACHMENT } },
};

static const struct kind windows_program = { "a Windows program", ASK_FOR_LIST };
static const struct kind html = { "a web page (HTML)", SAVE_AS_CSV };
static const struct kind workbook_xml = { "an Excel workbook saved as XML", SAVE_AS_CSV };
static const struct kind other_xml = { "an XML file that is no OA3 report", ASK_FOR_LIST };
static const struct kind profile = { "an offline profile (AutopilotConfigurationFile.json)",
	"It goes onto a device, not into a list; collect the device's hardware hash instead." };
static const struct kind json = { "a JSON file", ASK_FOR_LIST };

static bool
has_bytes(struct slice head, size_t at, const char *bytes, size_t len)
{
	return head.len >= at + len && memcmp(head.ptr + at, bytes, len) == 0;
}

static const struct kind *
binary_kind(struct slice head)
{
	for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++) {
		if (has_bytes(head, magic[i].at, magic[i].bytes, magic[i].len))
			return &magic[i].kind;
	}
	/* A serial number may begin with MZ. */
	if (has_bytes(head, 0, "MZ", 2) && memchr(head.ptr, '\0', slice_head(head, 64).len))
		return &windows_program;
	for (size_t i = 0; has_bytes(head, 0, "PK\3\4", 4); i++) {
		if (memmem(head.ptr, head.len, zip[i].member, strlen(zip[i].member)))
			return &zip[i].kind; /* the last at the latest */
	}
	return NULL;
}

/*
 * The ASCII of the head as a terminated string, without a mark and blanks in front. Of UTF-16 every
 * second byte is looked at.
 */
static const char *
ascii_of(struct slice head, char text[TEXT_MAX + 1])
{
	bool little = has_bytes(head, 0, "\xFF\xFE", 2);
	bool big = has_bytes(head, 0, "\xFE\xFF", 2);
	size_t step = little || big ? 2 : 1;
	size_t at = little ? 2 : big || has_bytes(head, 0, "\xEF\xBB\xBF", 3) ? 3 : 0;
	size_t len = 0;

	for (; at < head.len && len < TEXT_MAX; at += step)
		text[len++] = head.ptr[at];
	text[len] = '\0';
	return text + strspn(text, " \t\r\n");
}

static const struct kind *
markup_kind(const char *text)
{
	static const char *const tag[] = { "<!doctype html", "<html", "<body", "<table" };
	char next = text[0] == '<' ? text[1] : '\0';
	char letter = (char)(next | 0x20);

	if (next != '!' && next != '?' && (letter < 'a' || letter > 'z'))
		return NULL;
	for (size_t i = 0; i < sizeof tag / sizeof tag[0]; i++) {
		if (strcasestr(text, tag[i]))
			return &html;
	}
	if (strstr(text, "urn:schemas-microsoft-com:office:spreadsheet"))
		return &workbook_xml;
	return oa3_looks_like(slice_of(text)) ? NULL : &other_xml;
}

static const struct kind *
json_kind(const char *text)
{
	static const char blanks[] = " \t\r\n";
	const char *inside = text[0] == '{' ? "\"}" : "\"{[]";

	if (text[0] != '{' && text[0] != '[')
		return NULL;
	text++;
	text += strspn(text, blanks);
	if (text[0] == '\0' || !strchr(inside, text[0]))
		return NULL;
	return strstr(text, "CloudAssigned") ? &profile : &json;
}

static const struct kind *
text_kind(struct slice head)
{
	char room[TEXT_MAX + 1];
	const char *text = ascii_of(head, room);
	const struct kind *kind;

	for (size_t i = 0; i < sizeof text_begin / sizeof text_begin[0]; i++) {
		if (strncasecmp(text, text_begin[i].prefix, strlen(text_begin[i].prefix)) == 0)
			return &text_begin[i].kind;
	}
	kind = markup_kind(text);
	return kind ? kind : json_kind(text);
}

const char *
look_alike(struct slice head, const char **advice)
{
	const struct kind *kind = binary_kind(head);

	if (!kind)
		kind = text_kind(head);
	if (!kind)
		return NULL;
	*advice = kind->advice;
	return kind->what;
}
