/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hash_inventory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/utf8.h"
#include "devices/hardware_hash.h"
#include "devices/hash_record.h"

enum {
	/* The longest value is a whole record in hexadecimal; UTF-16 grows by half at most. */
	VALUE_MAX = 2 * HARDWARE_HASH_BYTES,
	QUARTER_S = 15 * 60,
	UNKNOWN_U16 = UINT16_MAX,
};

/* Collects one value and hands it out. */
struct teller {
	hash_item_fn *item;
	void *arg;
	char value[VALUE_MAX];
	size_t len;
};

static __attribute__((format(printf, 2, 3))) void
add(struct teller *t, const char *fmt, ...)
{
	size_t room = sizeof t->value - t->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->value + t->len, room, fmt, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < room);
	t->len += (size_t)n;
}

/* Ends the value that was collected. */
static void
tell(struct teller *t, const char *name)
{
	t->item(t->arg, name, (struct slice){ t->value, t->len });
	t->len = 0;
}

static void
tell_str(struct teller *t, const char *name, const char *value)
{
	add(t, "%s", value);
	tell(t, name);
}

static void
tell_number(struct teller *t, const char *name, uint64_t value, const char *unit)
{
	add(t, "%" PRIu64 "%s", value, unit);
	tell(t, name);
}

static void
tell_flag(struct teller *t, const char *name, uint8_t value)
{
	tell_str(t, name, value != 0 ? "yes" : "no");
}

static void
tell_hex(struct teller *t, const char *name, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		add(t, "%02x", hash_record_u8(bytes.ptr + i));
	tell(t, name);
}

/*
 * Not for a terminal: controls, marks that turn the direction of text, and what takes no room. Also
 * -1, which is no character.
 */
static bool
is_printable(int32_t c)
{
	return c >= ' ' && !(c >= 0x7f && c < 0xa0) && !(c >= 0x200b && c <= 0x200f) &&
	    !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

static void
add_char(struct teller *t, int32_t c)
{
	char bytes[UTF8_MAX];

	if (!is_printable(c))
		add(t, "?");
	else
		add(t, SLICE_FMT, (int)utf8_put(bytes, (uint32_t)c), bytes);
}

static void
tell_text(struct teller *t, const char *name, struct slice text)
{
	text = slice_trim(text);
	while (text.len != 0)
		add_char(t, utf8_take(&text));
	tell(t, name);
}

/* Takes one code point of UTF-16LE; -1 for half of a pair. */
static int32_t
take_utf16(struct slice *s)
{
	int32_t c = hash_record_u16(s->ptr);
	int32_t second = s->len >= 4 ? hash_record_u16(s->ptr + 2) : 0;
	bool pair = c >= 0xd800 && c < 0xdc00 && second >= 0xdc00 && second < 0xe000;
	size_t taken = pair ? 4 : 2;

	s->ptr += taken;
	s->len -= taken;
	if (pair)
		return 0x10000 + ((c - 0xd800) << 10) + (second - 0xdc00);
	return c >= 0xd800 && c < 0xe000 ? -1 : c;
}

/*
 * The parts of a text with '|' between them, by name. Empty parts and parts too many say nothing.
 */
static void
tell_parts(struct teller *t, const char *const *name, size_t n, struct slice text)
{
	for (size_t i = 0; i < n && text.len != 0; i++) {
		const char *bar = memchr(text.ptr, '|', text.len);
		size_t len = bar ? (size_t)(bar - text.ptr) : text.len;

		if (len != 0)
			tell_text(t, name[i], slice_head(text, len));
		len += bar ? 1 : 0;
		text.ptr += len;
		text.len -= len;
	}
}

static void
tell_disk_name(struct teller *t, struct slice text)
{
	static const char *const name[] = { "disk_serial", "disk_model", "disk_vendor" };

	tell_parts(t, name, 3, text);
}

static void
tell_system_disk_name(struct teller *t, struct slice text)
{
	static const char *const name[] = { "system_disk_serial", "system_disk_model",
		"system_disk_vendor" };

	tell_parts(t, name, 3, text);
}

static void
tell_language(struct teller *t, struct slice text)
{
	static const char *const name[] = { "language", "system_locale", "time_zone",
		"language_packs", "keyboard" };

	tell_parts(t, name, 5, text);
}

static void
tell_gpu_name(struct teller *t, struct slice utf16)
{
	bool model = false;

	while (utf16.len != 0) {
		int32_t c = take_utf16(&utf16);

		if (c == '|' && !model) {
			tell(t, "gpu_manufacturer");
			model = true;
		} else {
			add_char(t, c);
		}
	}
	tell(t, model ? "gpu_model" : "gpu_manufacturer");
}

/* Numbers that have names; the list ends with NULL. */
struct word {
	uint32_t value;
	const char *word;
};

static void
add_word(struct teller *t, const struct word *words, uint32_t value)
{
	for (; words->word; words++) {
		if (words->value == value) {
			add(t, "%s", words->word);
			return;
		}
	}
	add(t, "%" PRIu32, value);
}

static void
tell_word(struct teller *t, const char *name, const struct word *words, uint32_t value)
{
	add_word(t, words, value);
	tell(t, name);
}

static const struct word architectures[] = { { 0, "x86" }, { 9, "x64" }, { 12, "ARM64" },
	{ 0, NULL } };

/* A version stands as minor, major, revision, build. */
static void
tell_build(struct teller *t, const char *name, const char *p)
{
	add(t, "%u.%u.%u.%u", hash_record_u16(p + 2), hash_record_u16(p), hash_record_u16(p + 6),
	    hash_record_u16(p + 4));
	tell(t, name);
}

/*
 * The clock of the place where it was collected. Old tools write 120 quarters of an hour for an
 * offset that they do not know; nothing lies further out than these two on earth.
 */
static void
tell_time(struct teller *t, uint32_t since_2000_s, int8_t quarters)
{
	bool known = quarters >= -12 * 4 && quarters <= 14 * 4;
	int ahead_s = known ? quarters * QUARTER_S : 0;
	int minutes = abs(ahead_s) / 60;
	time_t local = (time_t)since_2000_s + HASH_EPOCH_UNIX_S + ahead_s;
	char offset[sizeof "+14:00"] = "Z";
	struct tm tm;

	if (known)
		snprintf(offset, sizeof offset, "%c%02d:%02d", ahead_s < 0 ? '-' : '+',
		    minutes / 60, minutes % 60);
	gmtime_r(&local, &tm);
	add(t, "%04d-%02d-%02dT%02d:%02d:%02d%s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, offset);
	tell(t, "collected");
	tell_str(t, "utc_offset", known ? offset : "unknown");
}

static void
tell_system(struct teller *t, const char *p)
{
	static const struct word types[] = { { 1, "Windows PE" }, { 2, "full OS" }, { 0, NULL } };

	tell_build(t, "tool_build", p);
	tell_build(t, "os_build", p + 8);
	tell_time(t, hash_record_u32(p + 16), (int8_t)p[20]);
	tell_word(t, "os_type", types, hash_record_u8(p + 21));
	tell_word(t, "os_architecture", architectures, hash_record_u8(p + 22));
	tell_number(t, "tool_version", hash_record_u8(p + 23), "");
}

static void
tell_processor(struct teller *t, const char *p)
{
	tell_word(t, "processor_architecture", architectures, hash_record_u16(p));
	tell_number(t, "processor_packages", hash_record_u16(p + 2), "");
	tell_number(t, "processor_cores", hash_record_u16(p + 4), "");
	tell_number(t, "processor_threads", hash_record_u16(p + 6), "");
	tell_str(t, "hyper_threading", hash_record_u32(p + 8) != 0 ? "yes" : "no");
}

static void
tell_core_classes(struct teller *t, const char *p)
{
	static const struct word classes[] = { { 0, "efficiency" }, { 1, "performance" },
		{ 0, NULL } };
	unsigned n = hash_record_u8(p++);

	for (; n != 0; n--, p += 5) {
		add_word(t, classes, hash_record_u8(p));
		add(t, ": %u cores, %u threads", hash_record_u16(p + 1), hash_record_u16(p + 3));
		tell(t, "core_class");
	}
}

static void
tell_ram(struct teller *t, const char *p)
{
	/* Source: sources.md#smbios */
	static const struct word corrections[] = { { 3, "none" }, { 4, "parity" },
		{ 5, "single-bit" }, { 6, "multi-bit" }, { 7, "CRC" }, { 0, NULL } };

	tell_number(t, "ram", hash_record_u64(p), " GB");
	tell_number(t, "ram_maximum", hash_record_u64(p + 8), " GB");
	tell_number(t, "ram_slots", hash_record_u16(p + 16), "");
	tell_number(t, "ram_arrays", hash_record_u16(p + 18), "");
	tell_word(t, "ram_error_correction", corrections, hash_record_u8(p + 20));
}

static void
tell_disk(struct teller *t, const char *p)
{
	/* Windows' STORAGE_BUS_TYPE. */
	static const struct word buses[] = { { 1, "SCSI" }, { 2, "ATAPI" }, { 3, "ATA" },
		{ 7, "USB" }, { 8, "RAID" }, { 10, "SAS" }, { 11, "SATA" }, { 17, "NVMe" },
		{ 0, NULL } };
	static const struct word penalties[] = { { 0, "no" }, { 1, "yes" },
		{ 255, "yes or unknown" }, { 0, NULL } };

	tell_number(t, "disk", hash_record_u64(p), " GB");
	tell_word(t, "disk_bus", buses, hash_record_u16(p + 8));
	tell_word(t, "disk_seek_penalty", penalties, hash_record_u8(p + 10));
	tell_flag(t, "disk_trim", hash_record_u8(p + 11));
}

static void
tell_network(struct teller *t, struct slice payload)
{
	/* Windows' NDIS_PHYSICAL_MEDIUM. */
	static const struct word media[] = { { 0, "unspecified" }, { 9, "wireless LAN" },
		{ 10, "Bluetooth" }, { 14, "Ethernet" }, { 0, NULL } };
	const char *p = payload.ptr;
	struct slice bus = { p + 14, (payload.len - 14) / 2 * 2 };

	tell_word(t, "network_medium", media, hash_record_u32(p));
	add(t, "%02x:%02x:%02x:%02x:%02x:%02x", hash_record_u8(p + 4), hash_record_u8(p + 5),
	    hash_record_u8(p + 6), hash_record_u8(p + 7), hash_record_u8(p + 8),
	    hash_record_u8(p + 9));
	tell(t, "mac_address");
	while (bus.len != 0) {
		int32_t c = take_utf16(&bus);

		if (c == 0)
			break;
		add_char(t, c);
	}
	tell(t, "network_bus");
}

static void
tell_size(struct teller *t, const char *name, const char *p, const char *unit)
{
	unsigned width = hash_record_u16(p);
	unsigned height = hash_record_u16(p + 2);

	if (width == UNKNOWN_U16 || height == UNKNOWN_U16)
		tell_str(t, name, "unknown");
	else {
		add(t, "%u x %u %s", width, height, unit);
		tell(t, name);
	}
}

static void
tell_display(struct teller *t, const char *p)
{
	/* Windows' DISPLAYCONFIG_VIDEO_OUTPUT_TECHNOLOGY. */
	static const struct word connections[] = { { 0x80000000, "internal" },
		{ 0xffffffff, "unknown" }, { 0, NULL } };

	tell_size(t, "display", p, "mm");
	tell_size(t, "display_resolution", p + 4, "pixels");
	tell_word(t, "display_connection", connections, hash_record_u32(p + 8));
}

static void
tell_digitizer(struct teller *t, uint8_t bits)
{
	static const struct word kinds[] = { { 0x01, "integrated touch" },
		{ 0x02, "external touch" }, { 0x04, "integrated pen" }, { 0x08, "external pen" },
		{ 0x40, "multi-input" }, { 0x80, "ready" }, { 0, NULL } };

	for (const struct word *k = kinds; k->word; k++) {
		if (bits & k->value)
			add(t, "%s%s", t->len != 0 ? ", " : "", k->word);
	}
	if (t->len == 0)
		add(t, "none");
	tell(t, "digitizer");
}

static void
tell_enclosure(struct teller *t, const char *p)
{
	/* Source: sources.md#smbios */
	static const struct word chassis[] = { { 1, "other" }, { 2, "unknown" }, { 3, "desktop" },
		{ 4, "low-profile desktop" }, { 6, "mini tower" }, { 7, "tower" },
		{ 8, "portable" }, { 9, "laptop" }, { 10, "notebook" }, { 11, "hand-held" },
		{ 13, "all-in-one" }, { 14, "sub-notebook" }, { 15, "space-saving" },
		{ 23, "rack mount" }, { 30, "tablet" }, { 31, "convertible" }, { 32, "detachable" },
		{ 35, "mini PC" }, { 36, "stick PC" }, { 0, NULL } };
	/* Windows' POWER_PLATFORM_ROLE. */
	static const struct word roles[] = { { 1, "desktop" }, { 2, "mobile" },
		{ 3, "workstation" }, { 4, "enterprise server" }, { 5, "small office server" },
		{ 6, "appliance" }, { 7, "performance server" }, { 8, "slate" }, { 0, NULL } };

	tell_word(t, "chassis", chassis, hash_record_u8(p));
	tell_word(t, "power_role", roles, hash_record_u8(p + 1));
	tell_flag(t, "optical_drive", hash_record_u8(p + 2));
	tell_digitizer(t, hash_record_u8(p + 3));
	tell_number(t, "touch_contacts", hash_record_u8(p + 4), "");
}

static void
tell_offline_id(struct teller *t, struct slice payload)
{
	static const struct word types[] = { { HASH_ID_TPM_EK, "TPM endorsement key" },
		{ 0x0102, "UEFI variable and TPM" }, { 0x0103, "UEFI variable" }, { 0, NULL } };

	tell_word(t, "offline_id_type", types, hash_record_u16(payload.ptr + 4));
	tell_hex(t, "offline_id", (struct slice){ payload.ptr + 10, payload.len - 10 });
}

static void
tell_uuid(struct teller *t, const char *p)
{
	add(t, "%08" PRIx32 "-%04x-%04x-", hash_record_u32(p), hash_record_u16(p + 4),
	    hash_record_u16(p + 6));
	for (size_t i = 8; i < 16; i++)
		add(t, "%s%02x", i == 10 ? "-" : "", hash_record_u8(p + i));
	tell(t, "uuid");
}

static void
tell_ek(struct teller *t, struct slice key)
{
	char digest[32];

	if (EVP_Digest(key.ptr, key.len, (unsigned char *)digest, NULL, EVP_sha256(), NULL))
		tell_hex(t, "ek_sha256", (struct slice){ digest, sizeof digest });
}

static void
tell_gpu(struct teller *t, const char *p)
{
	static const struct word removals[] = { { 1, "none" }, { 3, "surprise" }, { 0, NULL } };

	tell_number(t, "gpu_video_memory", hash_record_u64(p), " bytes");
	tell_number(t, "gpu_system_memory", hash_record_u64(p + 8), " bytes");
	tell_word(t, "gpu_removal", removals, hash_record_u8(p + 16));
	tell_flag(t, "gpu_internal", hash_record_u8(p + 17));
}

/* Records that are one text. */
static const char *const text_name[NHASH_RECORD] = {
	[HASH_RECORD_PROCESSOR_MAKER] = "processor_manufacturer",
	[HASH_RECORD_PROCESSOR_MODEL] = "processor_model",
	[HASH_RECORD_TPM_VERSION] = "tpm_version",
	[HASH_RECORD_SERIAL] = "serial",
	[HASH_RECORD_FIRMWARE_VENDOR] = "firmware_vendor",
	[HASH_RECORD_MANUFACTURER] = "manufacturer",
	[HASH_RECORD_MODEL] = "model",
	[HASH_RECORD_SKU] = "sku",
	[HASH_RECORD_FAMILY] = "family",
	[HASH_RECORD_VERSION] = "version",
	[HASH_RECORD_BOARD_MANUFACTURER] = "board_manufacturer",
	[HASH_RECORD_BOARD_PRODUCT] = "board_product",
	[HASH_RECORD_BOARD_VERSION] = "board_version",
	[HASH_RECORD_PRODUCT_ID] = "product_id",
	[HASH_RECORD_PART_NUMBER] = "part_number",
};

static void
tell_unknown(struct teller *t, const struct hash_record *r)
{
	char name[sizeof "record_65535"];

	snprintf(name, sizeof name, "record_%u", r->type & UINT16_MAX);
	tell_number(t, name, r->payload.len, " bytes");
}

/* The record is regular, so its fields are all there. */
static void
tell_regular(struct teller *t, const struct hash_record *r)
{
	const struct slice payload = r->payload;

	switch (r->type) {
	case HASH_RECORD_SYSTEM:
		tell_system(t, payload.ptr);
		break;
	case HASH_RECORD_PROCESSOR:
		tell_processor(t, payload.ptr);
		break;
	case HASH_RECORD_RAM:
		tell_ram(t, payload.ptr);
		break;
	case HASH_RECORD_DISK:
		tell_disk(t, payload.ptr);
		break;
	case HASH_RECORD_DISK_NAME:
		tell_disk_name(t, payload);
		break;
	case HASH_RECORD_NETWORK:
		tell_network(t, payload);
		break;
	case HASH_RECORD_DISPLAY:
		tell_display(t, payload.ptr);
		break;
	case HASH_RECORD_ENCLOSURE:
		tell_enclosure(t, payload.ptr);
		break;
	case HASH_RECORD_OFFLINE_ID:
		tell_offline_id(t, payload);
		break;
	case HASH_RECORD_UUID:
		tell_uuid(t, payload.ptr);
		break;
	case HASH_RECORD_EK:
		tell_ek(t, payload);
		break;
	case HASH_RECORD_DISPLAY_SIZE:
		tell_size(t, "display_size", payload.ptr, "cm");
		break;
	case HASH_RECORD_SYSTEM_DISK:
		tell_system_disk_name(t, hash_record_text(r));
		break;
	case HASH_RECORD_GPU:
		tell_gpu(t, payload.ptr);
		break;
	case HASH_RECORD_GPU_NAME:
		tell_gpu_name(t, payload);
		break;
	case HASH_RECORD_CORE_CLASSES:
		tell_core_classes(t, payload.ptr);
		break;
	case HASH_RECORD_LANGUAGE:
		tell_language(t, payload);
		break;
	case HASH_RECORD_ACTIVATION_ID:
		tell_number(t, "activation_id", payload.len - 4, " bytes");
		break;
	default:
		tell_unknown(t, r);
	}
}

void
hash_inventory(struct slice used, hash_item_fn *item, void *arg)
{
	struct teller t = { .item = item, .arg = arg };
	struct hash_record r;
	struct slice rest;

	assert(used.len >= HARDWARE_HASH_CHECKSUM && used.len <= HARDWARE_HASH_BYTES);
	/* "OA" has the head of a record whose payload is all records. */
	if (!hash_record_take(&used, &r))
		return;
	rest = r.payload;
	while (hash_record_take(&rest, &r)) {
		if (r.type < NHASH_RECORD && text_name[r.type])
			tell_text(&t, text_name[r.type], hash_record_text(&r));
		else if (hash_record_is_known(r.type) && hash_record_is_regular(&r))
			tell_regular(&t, &r);
		else
			tell_unknown(&t, &r);
	}
}
