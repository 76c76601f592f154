/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value_type.h"

#include <assert.h>
#include <string.h>

#include "config/address.h"
#include "config/config.h"
#include "config/unit.h"

static bool
is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_letter_or_digit(char c)
{
	return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool
is_hex_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool
value_type_is_name(struct slice text)
{
	if (text.len == 0 || text.len > NAME_CHARACTERS_MAX || !is_lower_or_digit(text.ptr[0]))
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (!is_lower_or_digit(text.ptr[i]) && text.ptr[i] != '_' && text.ptr[i] != '-')
			return false;
	}
	return true;
}

static const char *
name_fault(struct slice text)
{
	return value_type_is_name(text) ? NULL : "is no name";
}

static const char *
guid_fault(struct slice text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool good = text.len == sizeof form - 1;

	for (size_t i = 0; good && i < text.len; i++)
		good = form[i] == 'x' ? is_hex_digit(text.ptr[i]) : text.ptr[i] == '-';
	return good ? NULL : "is no GUID";
}

/* At least two labels; what the registry allows beyond that is not ours to judge. */
static const char *
domain_fault(struct slice text)
{
	size_t labels = 1;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '.' ? len == 0 : !is_letter_or_digit(c) && c != '-')
			return "is no domain name";
		labels += c == '.';
		len = c == '.' ? 0 : len + 1;
	}
	return labels > 1 && len > 0 ? NULL : "is no domain name";
}

/* The no-break space is one that people cannot see and tools like to write. */
static const char *
tag_fault(struct slice text)
{
	static const struct slice nbsp = { "\xc2\xa0", 2 };
	struct slice head = slice_head(text, nbsp.len);
	struct slice tail = { text.ptr + text.len - head.len, head.len };

	if (slice_trim(text).len < text.len || slice_eq(head, nbsp) || slice_eq(tail, nbsp))
		return "has a blank at an end";
	return NULL;
}

static const char *
profile_fault(struct slice text)
{
	if (memchr(text.ptr, '/', text.len) || slice_eq(text, slice_of(VALUE_TYPE_PROFILE)))
		return NULL;
	return "is no profile";
}

static const char *
url_fault(struct slice text)
{
	return address_url_fault(text, false);
}

static const char *
link_fault(struct slice text)
{
	return address_url_fault(text, true);
}

/* RFC 6901: tokens with a slash before each, in which ~ is only ever ~0 or ~1. */
static const char *
pointer_fault(struct slice text)
{
	if (text.len > 0 && text.ptr[0] != '/')
		return "does not begin with /";
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '~' &&
		    (i + 1 == text.len || (text.ptr[i + 1] != '0' && text.ptr[i + 1] != '1')))
			return "has a ~ that is neither ~0 nor ~1";
	}
	return NULL;
}

static const char *
host_fault(struct slice text)
{
	return address_is_host(text) ? NULL : "is no host";
}

static const char *
proxy_fault(struct slice text)
{
	return slice_eq(text, slice_of(CONFIG_OFF)) ? NULL : address_proxy_fault(text);
}

#define HTTPS "https://[^/?#@\\s]+"
#define HTTP "http://(127\\.[0-9]+\\.[0-9]+\\.[0-9]+|\\[::1\\]|localhost)(:[0-9]+)?"
#define UNIT_PATTERN(units) "^[0-9]+(" units ")$"
#define NAME_PATTERN "[a-z0-9][a-z0-9_-]{0,62}"
#define ANY_PATTERN "^[^\\u0000-\\u001f\\u007f]+$"

static const struct value_type type[NSCALAR] = {
	[TYPE_DURATION] = { .pattern = UNIT_PATTERN("ms|s|m|h|d") },
	[TYPE_SIZE] = { .pattern = UNIT_PATTERN("B|KiB|MiB|GiB") },
	[TYPE_TEXT] = { .pattern = ANY_PATTERN, .length_max = TEXT_MAX },
	[TYPE_TAG] = {
	    .pattern = "^[^\\s\\u0000-\\u001f\\u007f]([^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f])?$",
	    .advice = "The service compares tags to the letter: remove the blank.",
	    .fault = tag_fault,
	    .length_max = GROUP_TAG_MAX,
	},
	[TYPE_NAME] = {
	    .pattern = "^" NAME_PATTERN "$",
	    .advice = "Names are made of a to z, 0 to 9, - and _, and begin with a letter or digit.",
	    .fault = name_fault,
	    .length_max = NAME_CHARACTERS_MAX,
	},
	[TYPE_GUID] = {
	    .pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
	    .advice = "It looks like 11111111-2222-4333-8444-555555555555.",
	    .fault = guid_fault,
	    .length_max = 36,
	},
	[TYPE_DOMAIN] = {
	    .pattern = "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$",
	    .advice = "It looks like contoso.onmicrosoft.com.",
	    .fault = domain_fault,
	    .length_max = 253,
	},
	[TYPE_HOST] = {
	    .pattern = "^([0-9A-Za-z.-]+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)$",
	    .advice = "Write its name or its address, without a port.",
	    .fault = host_fault,
	    .length_max = 253,
	},
	[TYPE_PATH] = { .pattern = ANY_PATTERN, .length_max = TEXT_MAX },
	[TYPE_INPUT] = { .pattern = ANY_PATTERN, .length_max = TEXT_MAX },
	[TYPE_PROFILE] = {
	    .pattern = "^(" VALUE_TYPE_PROFILE "|.*/.*)$",
	    .advice = "Write " VALUE_TYPE_PROFILE ", or the path of a file with a slash: ./oem.yaml.",
	    .fault = profile_fault,
	    .length_max = TEXT_MAX,
	},
	[TYPE_URL] = {
	    .pattern = "^(" HTTPS "|" HTTP ")(/[^?#\\s]*)?$",
	    .advice = "It looks like https://host/path; http is for loopback only.",
	    .fault = url_fault,
	    .length_max = TEXT_MAX,
	},
	[TYPE_LINK] = {
	    .pattern = "^(" HTTPS "|" HTTP ")([/?][^#\\s]*)?$",
	    .advice = "It looks like https://host/path?query; http is for loopback only.",
	    .fault = link_fault,
	    .length_max = TEXT_MAX,
	},
	[TYPE_PROXY] = {
	    .pattern = "^(" CONFIG_OFF "|https?://(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z.-]+):[0-9]+)$",
	    .advice = "It looks like http://proxy.example:3128; who we are there says proxy_credential.",
	    .fault = proxy_fault,
	    .length_max = TEXT_MAX,
	},
	[TYPE_POINTER] = {
	    .pattern = "^(/([^~/\\u0000-\\u001f\\u007f]|~[01])*)*$",
	    .advice = "A JSON pointer looks like /devices/0/status; \"\" is the whole document.",
	    .fault = pointer_fault,
	    .length_max = POINTER_MAX,
	},
	[TYPE_VIA] = { .pattern = "^((partner|oem)/" NAME_PATTERN "|intune)$" },
	[TYPE_LISTEN] = {
	    .pattern = "^(" CONFIG_OFF "|([0-9]+(\\.[0-9]+){3}|\\[[0-9A-Fa-f:.]+\\]|localhost):[0-9]+)$",
	},
};

const struct value_type *
value_type(enum key_type t)
{
	assert(t < NSCALAR);
	return &type[t];
}

bool
value_type_has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	}
	return false;
}

bool
value_type_is_typed(struct slice s)
{
	static const char *const word[] = { "~", "null", "Null", "NULL", "true", "True", "TRUE",
		"false", "False", "FALSE" };

	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
		if (slice_eq(s, slice_of(word[i])))
			return true;
	}
	return unit_is_yaml_number(s);
}
