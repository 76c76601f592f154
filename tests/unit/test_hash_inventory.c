/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hash_inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "devices/hardware_hash.h"
#include "tests/unit/hash_build.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* All items, one "name=value" a line. */
struct told {
	char text[16384];
	size_t len;
};

static void
on_item(void *arg, const char *name, struct slice value)
{
	struct told *told = arg;
	size_t room = sizeof told->text - told->len;
	int n =
	    snprintf(told->text + told->len, room, "%s=" SLICE_FMT "\n", name, SLICE_ARG(value));

	assert_true(n > 0 && (size_t)n < room);
	told->len += (size_t)n;
}

static void
tell(struct hash_build *b, struct told *told)
{
	char text[HASH_BUILD_CHARS + 1];

	hash_build_finish(b, text);
	told->len = 0;
	told->text[0] = '\0';
	hash_inventory((struct slice){ (const char *)b->bytes, b->len + 36 }, on_item, told);
}

static void
test_whole_device(void **state)
{
	static const uint8_t uuid[16] = { 0x44, 0x4c, 0x4c, 0x4c, 0x35, 0x10, 0x52, 0x46, 0x80,
		0x36, 0xb4, 0xc0, 0x4f, 0x4b, 0x31, 0x33 };
	static const char front[] = "tool_build=10.0.22631.1\n"
	                            "os_build=10.0.22631.1\n"
	                            "collected=2025-03-04T06:06:07+01:00\n"
	                            "utc_offset=+01:00\n"
	                            "os_type=full OS\n"
	                            "os_architecture=x64\n"
	                            "tool_version=9\n"
	                            "processor_architecture=x64\n"
	                            "processor_packages=1\n"
	                            "processor_cores=8\n"
	                            "processor_threads=16\n"
	                            "hyper_threading=yes\n"
	                            "processor_manufacturer=GenuineIntel\n"
	                            "processor_model=Example CPU 1234 @ 2.60GHz\n"
	                            "ram=16 GB\n"
	                            "ram_maximum=64 GB\n"
	                            "ram_slots=2\n"
	                            "ram_arrays=1\n"
	                            "ram_error_correction=none\n"
	                            "disk=512 GB\n"
	                            "disk_bus=NVMe\n"
	                            "disk_seek_penalty=no\n"
	                            "disk_trim=yes\n"
	                            "disk_serial=SSD-";
	static const char back[] = "uuid=4c4c4c44-1035-4652-8036-b4c04f4b3133\n"
	                           "serial=SN-0001\n"
	                           "firmware_vendor=Example Firmware\n"
	                           "manufacturer=Contoso\n"
	                           "model=Book 14\n"
	                           "sku=SKU-1\n"
	                           "family=Example Family\n"
	                           "version=1.0\n";
	struct hash_build b;
	struct told told;

	(void)state;
	hash_build_init(&b);
	hash_build_device(&b, "SN-0001", "Contoso", "Book 14", uuid, 1741064767);
	tell(&b, &told);
	assert_memory_equal(told.text, front, sizeof front - 1);
	assert_string_equal(told.text + told.len - (sizeof back - 1), back);
	assert_non_null(strstr(told.text,
	    "\ndisk_model=Example SSD\nnetwork_medium=wireless LAN\nmac_address=02:"));
	assert_non_null(strstr(told.text,
	    "\nchassis=notebook\npower_role=mobile\n"
	    "optical_drive=no\ndigitizer=none\ntouch_contacts=0\n"
	    "tpm_version=TPM-Version:2.0 -Level:0-Revision:1.38\nek_sha256="));
	assert_non_null(strstr(told.text, "\noffline_id_type=TPM endorsement key\noffline_id="));
	assert_non_null(strstr(told.text, "\nnetwork_bus=PCI\nsystem_disk_serial=SSD-"));
}

static void
test_ek(void **state)
{
	struct hash_build b;
	struct told told;
	uint8_t key[256], digest[32];
	char expected[128] = "ek_sha256=";

	(void)state;
	memset(key, 0xc3, sizeof key);
	EVP_Digest(key, sizeof key, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(expected + 10 + 2 * i, 4, "%02x\n", digest[i]);
	hash_build_init(&b);
	hash_build_record(&b, 25, key, sizeof key);
	tell(&b, &told);
	assert_string_equal(told.text, expected);
}

/* One record, and all that it tells. Those that are not as they should be tell their length. */
static void
test_records(void **state)
{
	static const struct {
		const char *name;
		unsigned type;
		const char *payload;
		size_t len;
		const char *expected;
	} cases[] = {
		{ "Windows PE, west of Greenwich", 1,
		    "\0\0\x0a\0\x20\x03\xf0\x55"
		    "\0\0\x0a\0\x01\0\x98\x3a"
		    "\xbf\x46\x59\x2f"
		    "\xec\1\x0c\3",
		    24,
		    "tool_build=10.0.22000.800\nos_build=10.0.15000.1\ncollected=2025-03-04T00:06:07-05:00\n"
		    "utc_offset=-05:00\nos_type=Windows PE\nos_architecture=ARM64\ntool_version=3\n" },
		{ "no offset", 1,
		    "\0\0\x0a\0\1\0\2\0\0\0\x0a\0\1\0\2\0"
		    "\0\0\0\0"
		    "\x78\7\0\5",
		    24,
		    "tool_build=10.0.2.1\nos_build=10.0.2.1\ncollected=2000-01-01T00:00:00Z\n"
		    "utc_offset=unknown\nos_type=7\nos_architecture=x86\ntool_version=5\n" },
		{ "half an hour, far future", 1,
		    "\0\0\x0a\0\1\0\2\0\0\0\x0a\0\1\0\2\0"
		    "\xff\xff\xff\xff"
		    "\xda\2\x09\x09",
		    24,
		    "tool_build=10.0.2.1\nos_build=10.0.2.1\ncollected=2136-02-06T20:58:15-09:30\n"
		    "utc_offset=-09:30\nos_type=full OS\nos_architecture=x64\ntool_version=9\n" },
		{ "no processor", 2, "\x05\0\2\0\x40\0\x40\0\0\0\0\0", 12,
		    "processor_architecture=5\nprocessor_packages=2\nprocessor_cores=64\n"
		    "processor_threads=64\nhyper_threading=no\n" },
		{ "processor filled with blanks", 4,
		    "CPU                                             ", 48,
		    "processor_model=CPU\n" },
		{ "core classes", 34, "\3\1\4\0\x08\0\0\x08\0\x08\0\7\1\0\2\0", 16,
		    "core_class=performance: 4 cores, 8 threads\ncore_class=efficiency: 8 cores, 8 threads\n"
		    "core_class=7: 1 cores, 2 threads\n" },
		{ "much RAM", 5, "\xff\xff\xff\xff\xff\xff\xff\xff\0\1\0\0\0\0\0\0\x10\0\2\0\6", 21,
		    "ram=18446744073709551615 GB\nram_maximum=256 GB\nram_slots=16\nram_arrays=2\n"
		    "ram_error_correction=multi-bit\n" },
		{ "virtual disk", 6, "\x7f\0\0\0\0\0\0\0\x0a\0\xff\0", 12,
		    "disk=127 GB\ndisk_bus=SAS\ndisk_seek_penalty=yes or unknown\ndisk_trim=no\n" },
		{ "rotating disk on an unknown bus", 6, "\xe8\3\0\0\0\0\0\0\x63\0\1\0", 12,
		    "disk=1000 GB\ndisk_bus=99\ndisk_seek_penalty=yes\ndisk_trim=no\n" },
		{ "disk name", 7, "S1|Model X|Vendor", 17,
		    "disk_serial=S1\ndisk_model=Model X\ndisk_vendor=Vendor\n" },
		{ "disk name, model only", 7, "|Model X|", 9, "disk_model=Model X\n" },
		{ "disk name, vendor only", 7, "||V", 3, "disk_vendor=V\n" },
		{ "disk name, one part", 7, "S1", 2, "disk_serial=S1\n" },
		{ "disk name, empty", 7, "", 0, "" },
		{ "disk name, too many parts", 7, "a|b|c|d", 7,
		    "disk_serial=a\ndisk_model=b\ndisk_vendor=c\n" },
		{ "adapter", 8, "\x0e\0\0\0\0\x1a\x2b\x3c\x4d\xff\x0c\0\0\0V\0M\0B\0U\0S\0\0\0", 26,
		    "network_medium=Ethernet\nmac_address=00:1a:2b:3c:4d:ff\nnetwork_bus=VMBUS\n" },
		{ "adapter, bus without NUL and a byte over", 8,
		    "\x0a\0\0\0\1\2\3\4\5\6\3\0\0\0B\0T", 17,
		    "network_medium=Bluetooth\nmac_address=01:02:03:04:05:06\nnetwork_bus=B\n" },
		{ "adapter without bus", 8, "\1\2\3\4\1\2\3\4\5\6\0\0\0\0", 14,
		    "network_medium=67305985\nmac_address=01:02:03:04:05:06\nnetwork_bus=\n" },
		{ "adapter that lies", 8, "\x0a\0\0\0\1\2\3\4\5\6\4\0\0\0B\0T", 17,
		    "record_8=17 bytes\n" },
		{ "display", 9, "\x58\1\xc1\0\x80\7\x38\4\0\0\0\x80", 12,
		    "display=344 x 193 mm\ndisplay_resolution=1920 x 1080 pixels\ndisplay_connection=internal\n" },
		{ "display unknown", 9, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12,
		    "display=unknown\ndisplay_resolution=unknown\ndisplay_connection=unknown\n" },
		{ "display half known", 9, "\x58\1\xff\xff\xff\xff\x38\4\5\0\0\0", 12,
		    "display=unknown\ndisplay_resolution=unknown\ndisplay_connection=5\n" },
		{ "display in cm", 27, "\x22\0\x13\0", 4, "display_size=34 x 19 cm\n" },
		{ "enclosure", 10, "\x1f\x08\1\xff\x0a", 5,
		    "chassis=convertible\npower_role=slate\noptical_drive=yes\n"
		    "digitizer=integrated touch, external touch, integrated pen, external pen, multi-input, ready\n"
		    "touch_contacts=10\n" },
		{ "enclosure unknown", 10, "\xc8\x63\0\x10\0", 5,
		    "chassis=200\npower_role=99\noptical_drive=no\ndigitizer=none\ntouch_contacts=0\n" },
		{ "offline id of a variable", 11, "\0\0\0\0\3\1\4\0\0\0\x01\xab\0\xff", 14,
		    "offline_id_type=UEFI variable\noffline_id=01ab00ff\n" },
		{ "offline id, empty", 11, "\0\0\0\0\2\1\0\0\0\0", 10,
		    "offline_id_type=UEFI variable and TPM\noffline_id=\n" },
		{ "offline id that lies", 11, "\0\0\0\0\3\1\xff\xff\xff\xff\0", 11,
		    "record_11=11 bytes\n" },
		{ "UUID of another size", 12, "0123456789abcde", 15, "record_12=15 bytes\n" },
		{ "EK of another size", 25, "\xc3", 1, "record_25=1 bytes\n" },
		{ "blanks around", 14, "  S1 ", 6, "serial=S1\n" },
		{ "empty", 14, "", 1, "serial=\n" },
		{ "nothing at all", 14, "", 0, "serial=\n" },
		{ "without NUL", 14, "S1", 2, "serial=S1\n" },
		{ "controls", 14, "a\x01\x1b[31m\x7f\n\xc2\x85z", 13, "serial=a??[31m???z\n" },
		{ "letters of many sizes", 16, "M\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 11,
		    "manufacturer=M\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\n" },
		{ "not UTF-8", 16, "M\xfc\xe2\x82", 5, "manufacturer=M???\n" },
		{ "text turned around", 16,
		    "a\xe2\x80\xae"
		    "b\xe2\x81\xa0\xef\xbb\xbf\xe2\x80\x8b",
		    15, "manufacturer=a?b???\n" },
		{ "boards and keys", 20, "B", 2, "board_manufacturer=B\n" },
		{ "board product", 21, "B", 2, "board_product=B\n" },
		{ "board version", 22, "B", 2, "board_version=B\n" },
		{ "product id", 24, "3305517000001", 14, "product_id=3305517000001\n" },
		{ "part number", 26, "[TH]X19-99481", 14, "part_number=[TH]X19-99481\n" },
		{ "system disk", 28, "S1|Model X|", 12,
		    "system_disk_serial=S1\nsystem_disk_model=Model X\n" },
		{ "GPU", 29, "\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\1\1", 18,
		    "gpu_video_memory=134217728 bytes\ngpu_system_memory=0 bytes\ngpu_removal=none\n"
		    "gpu_internal=yes\n" },
		{ "GPU outside", 29, "\0\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\3\0", 18,
		    "gpu_video_memory=4294967296 bytes\ngpu_system_memory=1 bytes\ngpu_removal=surprise\n"
		    "gpu_internal=no\n" },
		{ "GPU name", 30, "A\0\xe9\0|\0B\0|\0=\xd8\0\xde", 14,
		    "gpu_manufacturer=A\xc3\xa9\ngpu_model=B|\xf0\x9f\x98\x80\n" },
		{ "GPU name, one part", 30, "A\0", 2, "gpu_manufacturer=A\n" },
		{ "GPU name, broken pairs", 30,
		    "=\xd8"
		    "A\0\0\xde|\0=\xd8",
		    10, "gpu_manufacturer=?A?\ngpu_model=?\n" },
		{ "GPU name, NUL", 30, "A\0\0\0", 4, "gpu_manufacturer=A?\n" },
		{ "GPU name of odd size", 30, "A\0B", 3, "record_30=3 bytes\n" },
		{ "language", 36, "en-US|de-DE|W. Europe Standard Time|en-US,de-DE|0409:00000409",
		    61,
		    "language=en-US\nsystem_locale=de-DE\ntime_zone=W. Europe Standard Time\n"
		    "language_packs=en-US,de-DE\nkeyboard=0409:00000409\n" },
		{ "activation id", 37, "\4\0\0\0\4\0\0\0", 8, "activation_id=4 bytes\n" },
		{ "record 35", 35, "\2\xff\7", 3, "record_35=3 bytes\n" },
		{ "unknown", 38, "abc", 3, "record_38=3 bytes\n" },
		{ "unknown, empty", 65535, "", 0, "record_65535=0 bytes\n" },
		{ "serial in the high byte", 14 << 8, "x", 2, "record_3584=2 bytes\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct hash_build b;
		struct told told;

		hash_build_init(&b);
		hash_build_record(&b, cases[i].type, cases[i].payload, cases[i].len);
		tell(&b, &told);
		if (strcmp(told.text, cases[i].expected) != 0)
			fail_msg("%s:\n%s", cases[i].name, told.text);
	}
}

/* Offsets run from -12 to +14 hours; what lies outside is not known. */
static void
test_utc_offsets(void **state)
{
	static const struct {
		int quarters;
		const char *expected;
	} cases[] = {
		{ -128, "collected=2000-01-02T00:00:00Z\nutc_offset=unknown\n" },
		{ -49, "collected=2000-01-02T00:00:00Z\nutc_offset=unknown\n" },
		{ -48, "collected=2000-01-01T12:00:00-12:00\nutc_offset=-12:00\n" },
		{ -1, "collected=2000-01-01T23:45:00-00:15\nutc_offset=-00:15\n" },
		{ 0, "collected=2000-01-02T00:00:00+00:00\nutc_offset=+00:00\n" },
		{ 51, "collected=2000-01-02T12:45:00+12:45\nutc_offset=+12:45\n" },
		{ 56, "collected=2000-01-02T14:00:00+14:00\nutc_offset=+14:00\n" },
		{ 57, "collected=2000-01-02T00:00:00Z\nutc_offset=unknown\n" },
		{ 120, "collected=2000-01-02T00:00:00Z\nutc_offset=unknown\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const uint8_t day[24] = { [16] = 0x80,
			[17] = 0x51,
			[18] = 1,
			[20] = (uint8_t)cases[i].quarters };
		struct hash_build b;
		struct told told;

		hash_build_init(&b);
		hash_build_record(&b, 1, day, sizeof day);
		tell(&b, &told);
		if (!strstr(told.text, cases[i].expected))
			fail_msg("%d:\n%s", cases[i].quarters, told.text);
	}
}

/* The longest that a record can be, in the form that grows most. */
static void
test_longest_values(void **state)
{
	static const unsigned types[] = { 11, 14, 30, 99 };
	uint8_t payload[HASH_BUILD_BYTES - 36 - 4 - 4];
	struct hash_build b;
	struct told told;

	(void)state;
	memset(payload, 0xe9, sizeof payload);
	memcpy(payload, "\0\0\0\0\1\0", 6);
	memcpy(payload + 6,
	    (uint8_t[]){ (sizeof payload - 10) & 0xff, (sizeof payload - 10) >> 8, 0, 0 }, 4);
	for (size_t i = 0; i < LENGTH(types); i++) {
		hash_build_init(&b);
		hash_build_record(&b, types[i], payload, sizeof payload);
		tell(&b, &told);
		assert_true(told.len > 0);
	}
	hash_build_init(&b);
	hash_build_record(&b, 11, payload, sizeof payload);
	tell(&b, &told);
	assert_int_equal(told.len,
	    strlen("offline_id_type=TPM endorsement key\noffline_id=\n") +
	        2 * (sizeof payload - 10));
}

/* Nobody should, but may, ask for the inventory of bytes that were never proven. */
static void
test_damaged(void **state)
{
	static const uint8_t lengths[] = { 0, 1, 2, 3, 0xff };

	(void)state;
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		struct hash_build b;
		struct told told = { .len = 0 };
		char text[HASH_BUILD_CHARS + 1];
		struct slice used = { (const char *)b.bytes, 0 };

		hash_build_init(&b);
		hash_build_text_record(&b, 14, "S1");
		hash_build_text_record(&b, 16, "M");
		b.bytes[4 + 7 + 2] = lengths[i];
		hash_build_finish(&b, text);
		used.len = b.len + 36;
		hash_inventory(used, on_item, &told);
		assert_string_equal(told.text, "serial=S1\n");

		b.bytes[2] = lengths[i];
		told = (struct told){ .len = 0 };
		hash_inventory(used, on_item, &told);
		assert_int_equal(told.len, 0);
	}
}

/* What the other writer of hashes put in. */
static void
test_vectors(void **state)
{
	const char *folder = getenv("AUTOREG_TEST_DATA");
	struct hash_verifier *v;
	struct err err;
	char path[512], line[8192];
	size_t n = 0;
	FILE *f;

	(void)state;
	assert_int_equal(hash_verifier_new(1760000000, &v, &err), ERR_OK);
	snprintf(path, sizeof path, "%s/hash_vectors.txt", folder ? folder : "tests/data");
	f = fopen(path, "r");
	assert_non_null(f);
	for (; fgets(line, sizeof line, f); n++) {
		static const char *const name[] = { "serial", "manufacturer", "model", "uuid",
			"product_id" };
		char *rest = line;
		struct hardware_hash h;
		struct told told = { .len = 0 };
		char *field[7], expected[128];

		for (size_t i = 0; i < LENGTH(field); i++)
			field[i] = strsep(&rest, "\t\n");
		hash_verify(v, slice_of(field[6]), &h);
		assert_int_equal(h.fault, HASH_WHOLE);
		hash_inventory(h.used, on_item, &told);
		for (size_t i = 0; i < LENGTH(name); i++) {
			snprintf(expected, sizeof expected, "\n%s=%s\n", name[i], field[i]);
			assert_non_null(strstr(told.text, expected));
		}
		assert_non_null(strstr(told.text, "\nlanguage_packs=en-US,de-DE\n"));
		assert_non_null(strstr(told.text, "\nactivation_id="));
		assert_non_null(strstr(told.text, "\ngpu_model=Example"));
		assert_null(strstr(told.text, "\nrecord_1"));
	}
	fclose(f);
	hash_verifier_free(v);
	assert_int_equal(n, 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_device),
		cmocka_unit_test(test_ek),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_utc_offsets),
		cmocka_unit_test(test_longest_values),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
