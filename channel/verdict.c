/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/utf8.h"

static const struct {
	const char *name;
	const char *advice;
} class_text[NVERDICT] = {
	[VERDICT_NONE] = { NULL, "" },
	[VERDICT_OK] = { "ok", "" },
	[VERDICT_ALREADY_HERE] = { "already_here",
	    "Nothing, if it has the right group tag: the one it had before stays, and only the "
	    "customer can change it." },
	[VERDICT_CLAIMED_ELSEWHERE] = { "claimed_elsewhere",
	    "Ask the supplier who had the device before. Only the holder, the partner or maker that "
	    "registered it, or Microsoft support can release it. The service is asked again "
	    "by itself: see autoreg claims." },
	[VERDICT_NOT_FOUND] = { "not_found",
	    "Compare manufacturer, model and serial number with the firmware, capitals included, or "
	    "send the hardware hash instead." },
	[VERDICT_BAD_HASH] = { "bad_hash",
	    "Capture the hardware hash again on the device and send a new list." },
	[VERDICT_BAD_INPUT] = { "bad_input", "Correct the row and send the list again." },
	[VERDICT_NO_CONSENT] = { "no_consent",
	    "Ask the customer's administrator to accept the relationship; then retry." },
	[VERDICT_AUTH] = { "auth", "Renew the sign-in or the credentials, then: autoreg retry." },
	[VERDICT_THROTTLED] = { "throttled", "Nothing: it is sent again later." },
	[VERDICT_TRANSIENT] = { "transient", "Nothing: it is sent again later." },
	[VERDICT_DIRECTORY] = { "directory",
	    "Have the customer's administrator delete the device's old entry in Entra ID; then retry." },
	[VERDICT_CONFIG] = { "config",
	    "Correct the deployment profile at the service; then retry." },
	[VERDICT_UNEXPECTED] = { "unexpected",
	    "Ask Microsoft support; they want the request id and the correlation id." },
};

/*
 * The codes of the deployment service. A name without a number is matched by name alone.
 * Source: sources.md#device-codes
 */
static const struct known {
	int32_t code; /* 0: it has none */
	const char *name;
	enum verdict_class class;
	const char *meaning;
} known[] = {
	{ 640, "StorageError", VERDICT_TRANSIENT, "The service could not store the device." },
	{ 801, "InvalidZtdRequestBody", VERDICT_BAD_INPUT,
	    "The service could not read what was sent." },
	{ 802, "InvalidZtdHardwareHash", VERDICT_BAD_HASH,
	    "The service cannot read the hardware hash, or manufacturer or serial number is missing in "
	    "it." },
	{ 803, "MissingZtdSerialNumberAndProductKey", VERDICT_BAD_INPUT,
	    "Neither serial number nor product id identifies the device." },
	{ 806, "ZtdDeviceAlreadyAssigned", VERDICT_ALREADY_HERE,
	    "The device is registered to this customer already." },
	{ 807, "ZtdDeviceIsNotRegistered", VERDICT_CONFIG,
	    "The service was to configure a device that is not registered to this customer." },
	{ 808, "ZtdDeviceAssignedToOtherTenant", VERDICT_CLAIMED_ELSEWHERE,
	    "Another organization holds the device." },
	{ 808, "ZtdDeviceAssignedToAnotherTenant", VERDICT_CLAIMED_ELSEWHERE,
	    "Another organization holds the device." },
	{ 809, "ZtdProfileIsNotRegistered", VERDICT_CONFIG,
	    "The service does not know the deployment profile." },
	{ 810, "ZtdProfileAssignedToOtherTenant", VERDICT_CONFIG,
	    "The deployment profile is another organization's." },
	{ 811, "ZtdDeviceRegisteredByOtherTenant", VERDICT_CLAIMED_ELSEWHERE,
	    "The device was registered by another organization." },
	{ 812, "ZtdDeviceNotFound", VERDICT_NOT_FOUND,
	    "No device with this manufacturer, model and serial number, or this product id, has been "
	    "reported by its maker." },
	{ 813, "ZtdDeviceIsNotUnique", VERDICT_BAD_INPUT,
	    "Manufacturer, model and serial number fit several devices: send the hardware hash or the "
	    "product id." },
	{ 814, "ZtdDeviceAlreadyAadRegistered", VERDICT_DIRECTORY,
	    "An older entry of the device in Entra ID is in the way." },
	{ 0, "HashNot4k", VERDICT_BAD_HASH,
	    "The hash is the short one of old Windows versions, which cannot be registered." },
	{ 0, "ZtdDeviceDuplicated", VERDICT_BAD_INPUT,
	    "The same hardware hash was sent twice in one request." },
};

enum { KNOWN_COUNT = sizeof known / sizeof known[0] };

const char *verdict_class_name(enum verdict_class class)
{
	return class_text[class].name;
}

const char *verdict_class_advice(enum verdict_class class)
{
	return class_text[class].advice;
}

const char *
verdict_advice_for(struct slice class_name)
{
	for (int i = VERDICT_NONE + 1; i < NVERDICT; i++) {
		if (slice_eq(class_name, slice_of(verdict_class_name((enum verdict_class)i))))
			return verdict_class_advice((enum verdict_class)i);
	}
	return "";
}

static const struct known *
find_name(struct slice name)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		if (slice_eq_nocase(name, slice_of(known[i].name)))
			return &known[i];
	}
	return NULL;
}

static const struct known *
find_code(int32_t code)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		if (code != 0 && known[i].code == code)
			return &known[i];
	}
	return NULL;
}

static void
set_name(struct verdict *out, struct slice name)
{
	struct slice head = utf8_head(name, sizeof out->name - 1);

	(void)snprintf(out->name, sizeof out->name, SLICE_FMT, SLICE_ARG(head));
}

void
verdict_from_code(int32_t code, struct slice name, struct verdict *out)
{
	const struct known *k = find_name(slice_trim(name));

	if (!k)
		k = find_code(code);
	*out = (struct verdict){ .code = code };
	set_name(out, name);
	if (k) {
		out->class = k->class;
		(void)snprintf(out->message, sizeof out->message, "%s", k->meaning);
	} else if (code == 0 && slice_trim(name).len == 0) {
		out->class = VERDICT_OK;
		(void)snprintf(out->message, sizeof out->message, "The device is registered.");
	} else {
		out->class = VERDICT_UNEXPECTED;
		(void)snprintf(out->message, sizeof out->message,
		    "The service answers with an error that is not documented: %" PRId32 " \"%s\".",
		    code, out->name);
	}
}

void
verdict_set(struct verdict *out, enum verdict_class class, int32_t code, const char *name,
    const char *fmt, ...)
{
	va_list ap;

	*out = (struct verdict){ .class = class, .code = code };
	set_name(out, slice_of(name));
	va_start(ap, fmt);
	(void)vsnprintf(out->message, sizeof out->message, fmt, ap);
	va_end(ap);
}
