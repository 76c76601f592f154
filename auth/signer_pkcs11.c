/* SPDX-License-Identifier: Apache-2.0 */
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>

#include "auth/signer_kind.h"

/*
 * A key in a PKCS#11 token. p11-kit finds the module (module-path of the URI, else those that the system
 * knows), loads it for the first signature, and lets several keys share it. OpenSSL has no part in it: its
 * engine and its provider keep the PIN and log in again as they see fit, which a token may punish.
 * Source: sources.md#pkcs11-uri
 */
enum { SLOTS_MAX = 64, PIN_MAX = 256 };

struct token_key {
	P11KitUri *uri;
	struct secret *pin;

	/* Open, or all NULL. */
	CK_FUNCTION_LIST **modules; /* those of the system; or else: */
	CK_FUNCTION_LIST *own[2];   /* the URI's, and NULL */
	CK_FUNCTION_LIST *module;   /* of the session */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
};

/* --- life --- */

static void
close_key(void *arg)
{
	struct token_key *t = arg;

	if (t->module)
		(void)t->module->C_CloseSession(t->session);
	t->module = NULL;
	if (t->modules)
		p11_kit_modules_finalize_and_release(t->modules);
	t->modules = NULL;
	if (t->own[0]) {
		(void)p11_kit_module_finalize(t->own[0]);
		p11_kit_module_release(t->own[0]);
	}
	t->own[0] = NULL;
}

static void
free_key(void *arg)
{
	struct token_key *t = arg;

	secret_free(t->pin);
	p11_kit_uri_free(t->uri);
	free(t);
}

static enum err_code
fill(struct token_key *t, const struct signer_key *from, struct err *err)
{
	struct slice pin;
	int wrong;

	t->uri = p11_kit_uri_new();
	if (!t->uri)
		return err_set(err, ERR_NOMEM, "out of memory");
	wrong = p11_kit_uri_parse(from->where, P11_KIT_URI_FOR_ANY, t->uri);
	if (wrong || p11_kit_uri_any_unrecognized(t->uri))
		return err_set(err, ERR_FORMAT, "the PKCS#11 URI is not understood: %s",
		    wrong ? p11_kit_uri_message(wrong) : "a word in it is not known");
	if (!from->pin)
		return ERR_OK;
	pin = secret_get(from->pin);
	if (pin.len > PIN_MAX)
		return err_set(err, ERR_FORMAT, "the PIN is longer than %d characters", PIN_MAX);
	return secret_new(pin.ptr, pin.len, &t->pin, err);
}

static enum err_code
make(const struct signer_key *from, EVP_PKEY *public_key, void **out, struct err *err)
{
	struct token_key *t = calloc(1, sizeof *t);

	(void)public_key;
	if (!t)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (fill(t, from, err)) {
		free_key(t);
		return err->code;
	}
	*out = t;
	return ERR_OK;
}

/* --- the token --- */

static enum err_code
refuse_module(const char *name, struct err *err)
{
	const char *why = p11_kit_message(); /* of this thread's last call */

	return err_set(err, ERR_NOT_FOUND, "the PKCS#11 module %s cannot be loaded: %s", name,
	    why ? why : "no reason is given");
}

static enum err_code
load_modules(struct token_key *t, struct err *err)
{
	const char *path = p11_kit_uri_get_module_path(t->uri);

	if (!path) {
		t->modules = p11_kit_modules_load_and_initialize(0);
		return t->modules ? ERR_OK : refuse_module("of the system", err);
	}
	t->own[0] = p11_kit_module_load(path, 0);
	if (!t->own[0])
		return refuse_module(path, err);
	if (p11_kit_module_initialize(t->own[0]) != CKR_OK) {
		(void)refuse_module(path, err);
		p11_kit_module_release(t->own[0]);
		t->own[0] = NULL;
	}
	return t->own[0] ? ERR_OK : err->code;
}

struct place {
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
	size_t n; /* how many there are */
};

static bool
is_meant(const struct token_key *t, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(t->uri);

	return p11_kit_uri_match_token_info(t->uri, info) == 1 &&
	    (wanted == (CK_SLOT_ID)-1 || wanted == slot);
}

static void
look_in_module(const struct token_key *t, CK_FUNCTION_LIST *module, struct place *found)
{
	CK_SLOT_ID slot[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	CK_TOKEN_INFO info;

	if (module->C_GetSlotList(CK_TRUE, slot, &n) != CKR_OK)
		return;
	for (CK_ULONG i = 0; i < n; i++) {
		if (module->C_GetTokenInfo(slot[i], &info) != CKR_OK ||
		    !is_meant(t, slot[i], &info))
			continue;
		found->module = module;
		found->slot = slot[i];
		found->info = info;
		found->n++;
	}
}

/* With several the PIN of one would be tried on the others. */
static enum err_code
find_token(struct token_key *t, struct place *out, struct err *err)
{
	CK_FUNCTION_LIST **modules = t->modules ? t->modules : t->own;
	struct place found = { .n = 0 };

	for (size_t i = 0; modules[i]; i++)
		look_in_module(t, modules[i], &found);
	if (found.n == 0)
		return err_set(err, ERR_NOT_FOUND, "no PKCS#11 token that the URI means is there");
	if (found.n > 1)
		return err_set(err, ERR_FORMAT,
		    "the URI means %zu PKCS#11 tokens; name one by token= or serial=", found.n);
	*out = found;
	return ERR_OK;
}

/* --- the session --- */

static enum err_code
refuse(struct err *err, enum err_code code, const char *what, CK_RV rv)
{
	return err_set(err, code, "%s: %s", what, p11_kit_strerror(rv));
}

static enum err_code
judge_login(CK_RV rv, struct err *err)
{
	switch (rv) {
	case CKR_OK:
	case CKR_USER_ALREADY_LOGGED_IN: /* by another key of ours */
		return ERR_OK;
	case CKR_PIN_EXPIRED:
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_LOCKED:
	case CKR_USER_PIN_NOT_INITIALIZED:
		return refuse(err, ERR_FORMAT, "the token does not take the PIN", rv);
	default:
		return refuse(err, ERR_IO, "the token cannot be logged in to", rv);
	}
}

/* A program may not use up the last try: what is locked then, nobody unlocks in a hurry. */
static enum err_code
log_in(struct token_key *t, const CK_TOKEN_INFO *info, struct err *err)
{
	unsigned char pin[PIN_MAX];
	struct slice text;
	CK_RV rv;

	if (!(info->flags & CKF_LOGIN_REQUIRED))
		return ERR_OK;
	if (!t->pin)
		return err_set(err, ERR_FORMAT,
		    "the token asks for a PIN; say where it is with private_key_pin");
	if (info->flags & CKF_USER_PIN_LOCKED)
		return err_set(err, ERR_FORMAT,
		    "the token's PIN is locked; its security officer can set another");
	if (info->flags & CKF_USER_PIN_FINAL_TRY)
		return err_set(err, ERR_FORMAT,
		    "the token has one try left for its PIN, which is not used up here; log in to it "
		    "by hand");
	text = secret_get(t->pin);
	memcpy(pin, text.ptr, text.len);
	rv = t->module->C_Login(t->session, CKU_USER, pin, text.len);
	secret_wipe(pin, sizeof pin);
	return judge_login(rv, err);
}

static enum err_code
find_key(struct token_key *t, struct err *err)
{
	static const CK_ATTRIBUTE_TYPE names[] = { CKA_LABEL, CKA_ID };
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[3] = { { CKA_CLASS, &class, sizeof class } };
	CK_OBJECT_HANDLE object[2];
	CK_ULONG n = 1;
	CK_RV rv;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const CK_ATTRIBUTE *a = p11_kit_uri_get_attribute(t->uri, names[i]);

		if (a)
			wanted[n++] = *a;
	}
	rv = t->module->C_FindObjectsInit(t->session, wanted, n);
	if (rv == CKR_OK) {
		rv = t->module->C_FindObjects(t->session, object, 2, &n);
		(void)t->module->C_FindObjectsFinal(t->session);
	}
	if (rv != CKR_OK)
		return refuse(err, ERR_IO, "the token does not look for the key", rv);
	if (n != 1)
		return err_set(err, ERR_FORMAT, "the token has %s; name one by object= or id=",
		    n == 0 ? "no such private key" : "several such private keys");
	t->object = object[0];
	return ERR_OK;
}

static enum err_code
open_key(struct token_key *t, struct err *err)
{
	struct place place = { .n = 0 };
	CK_RV rv;

	if (load_modules(t, err) || find_token(t, &place, err))
		return err->code;
	rv = place.module->C_OpenSession(place.slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
	if (rv != CKR_OK)
		return refuse(err, ERR_IO, "the token opens no session", rv);
	t->module = place.module;
	if (log_in(t, &place.info, err))
		return err->code;
	return find_key(t, err);
}

/* --- signing --- */

static enum err_code
judge_signature(CK_RV rv, struct err *err)
{
	switch (rv) {
	case CKR_OK:
		return ERR_OK;
	case CKR_KEY_FUNCTION_NOT_PERMITTED:
	case CKR_KEY_TYPE_INCONSISTENT:
	case CKR_MECHANISM_INVALID:
	case CKR_MECHANISM_PARAM_INVALID:
		return refuse(err, ERR_FORMAT, "the token does not sign in this way", rv);
	default:
		return refuse(err, ERR_IO, "the token does not sign", rv);
	}
}

static enum err_code
sign(void *arg, const struct signer_task *task, struct err *err)
{
	struct token_key *t = arg;
	CK_RSA_PKCS_PSS_PARAMS salted = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
	CK_MECHANISM pss = { CKM_SHA256_RSA_PKCS_PSS, &salted, sizeof salted };
	CK_MECHANISM plain = { CKM_SHA256_RSA_PKCS, NULL, 0 };
	CK_ULONG len = SIGNATURE_MAX;
	CK_RV rv;

	if (!t->module && open_key(t, err))
		return err->code;
	rv = t->module->C_SignInit(t->session, task->pss ? &pss : &plain, t->object);
	if (rv == CKR_OK)
		rv = t->module->C_Sign(t->session, task->text, task->text_len, task->out, &len);
	if (judge_signature(rv, err))
		return err->code;
	*task->out_len = len;
	return ERR_OK;
}

const struct signer_kind signer_pkcs11 = { make, sign, close_key, free_key };
