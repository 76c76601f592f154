/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void
bad_form_is_refused(void **state)
{
	static const struct config_case tc[] = {
		{ "empty file", "",
		    "1:1 there is nothing in the file\n"
		    "'autoreg config init' prints one to begin with.\n" },
		{ "only a comment", "# nothing\n",
		    "1:1 there is nothing in the file\n"
		    "'autoreg config init' prints one to begin with.\n" },
		{ "no map", "- a\n",
		    "1:1 there are no keys\n"
		    "'autoreg config init' prints a file to begin with.\n" },
		{ "a scalar", "hello\n",
		    "1:1 there are no keys\n"
		    "'autoreg config init' prints a file to begin with.\n" },
		{ "no version", "state: /x\n",
		    "1:1 the file: version is missing\n"
		    "Add version. Of this format.\n" },
		{ "other version", "version: 2\n",
		    "1:10 version: \"2\" is out of range\n"
		    "Write 1.\n" },
		{ "version in quotes", "version: \"1\"\n",
		    "1:10 version: \"1\" is text, not a number\n"
		    "Remove the quotes.\n" },
		{ "version no number", "version: one\n",
		    "1:10 version: \"one\" is not a number\n"
		    "Write decimal digits only.\n" },
		{ "unknown key", "version: 1\nspol: /x\n",
		    "2:1 unknown key \"spol\" in the file; did you mean \"spool\"?\n"
		    "Known: version, state, spool, seal_key, listen, server, control, http, clouds, partners, oems, customers, batch, poll, retry, claims, consent, login, hooks, images. Notes may stand under keys that begin with x-.\n" },
		{ "unknown key, nothing near", "version: 1\nfrobnicate: 1\n",
		    "2:1 unknown key \"frobnicate\" in the file\n"
		    "Known: version, state, spool, seal_key, listen, server, control, http, clouds, partners, oems, customers, batch, poll, retry, claims, consent, login, hooks, images. Notes may stand under keys that begin with x-.\n" },
		{ "unknown key in a section", "version: 1\nbatch: {max_device: 5}\n",
		    "2:9 unknown key \"max_device\" in batch; did you mean \"max_devices\"?\n"
		    "Known: max_devices, max_bytes, uploads, in_flight. Notes may stand under keys that begin with x-.\n" },
		{ "note",
		    "version: 1\nx-note: [anything, {at: all}]\nbatch: {x-why: 1, upl"
		    "oads: 2}\nbogus: 1\n",
		    "4:1 unknown key \"bogus\" in the file\n"
		    "Known: version, state, spool, seal_key, listen, server, control, http, clouds, partners, oems, customers, batch, poll, retry, claims, consent, login, hooks, images. Notes may stand under keys that begin with x-.\n" },
		{ "twin keys", "version: 1\nstate: /a\nspool: /b\nstate: /c\nstate: /d\n",
		    "4:1 \"state\" is there twice; the first is at 2:1\n"
		    "Remove one of the two.\n"
		    "5:1 \"state\" is there twice; the first is at 2:1\n"
		    "Remove one of the two.\n" },
		{ "anchor", "version: 1\nstate: &a /x\n",
		    "2:8 anchors are not taken\n"
		    "Remove the word that begins with &.\n" },
		{ "tag", "version: !!int 1\n",
		    "1:10 tags are not taken\n"
		    "Remove the word that begins with !.\n" },
		{ "alias", "version: 1\nstate: *a\n",
		    "2:8 aliases are not taken\n"
		    "Write it out; a text that begins with * needs quotes.\n" },
		{ "anchored map", "version: 1\nbatch: &a {uploads: 1}\n",
		    "2:8 anchors are not taken\n"
		    "Remove the word that begins with &.\n" },
		{ "tagged list", "version: 1\nclaims: {recheck: !x [1h]}\n",
		    "2:19 tags are not taken\n"
		    "Remove the word that begins with !.\n" },
		{ "second document", "version: 1\n---\nversion: 1\n",
		    "2:1 a second document begins\n"
		    "Keep one, without a line of dashes.\n" },
		{ "complex key", "version: 1\n? [a]\n: b\n",
		    "2:3 a key must be a word\n"
		    "Write it as key: value.\n" },
		{ "tab", "version: 1\nbatch:\n\tuploads: 4\n",
		    "3:1 a line is indented with a tab\n"
		    "Indent with blanks only.\n" },
		{ "tab after blanks", "version: 1\nbatch:\n  \tuploads: 4\n",
		    "3:3 a line is indented with a tab\n"
		    "Indent with blanks only.\n" },
		{ "open bracket", "version: 1\nbatch: {uploads: 4\n",
		    "3:1 did not find expected ',' or '}' while parsing a flow mapping that begins at 2:8\n"
		    "Mend the YAML syntax here or just above; the rest was not read.\n" },
		{ "open quote", "version: 1\nstate: \"x\n",
		    "3:1 found unexpected end of stream while scanning a quoted scalar that begins at 2:8\n"
		    "Mend the YAML syntax here or just above; the rest was not read.\n" },
		{ "two colons", "version: 1\nstate: a: b\n",
		    "2:9 mapping values are not allowed in this context\n"
		    "Mend the YAML syntax here or just above; the rest was not read.\n" },
		{ "not UTF-8", "version: 1\nstate: \377\n",
		    "2:8 invalid leading UTF-8 octet\n"
		    "Save the file as UTF-8 text.\n" },
		{ "control character", "version: 1\nstate: a\001b\n",
		    "2:9 control characters are not allowed\n"
		    "Save the file as UTF-8 text.\n" },
		{ "too deep",
		    "x-a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]"
		    "]]]]]]]]]]]]]]]]]]]]]\n",
		    "1:37 too many levels\n"
		    "Nothing here needs more than six.\n" },
		{ "no value", "version: 1\nstate:\n",
		    "2:7 state: there is no value\n"
		    "Give it one, or remove the key.\n" },
		{ "section without keys", "version: 1\nbatch:\n",
		    "2:7 batch: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n" },
		{ "section is a list", "version: 1\nbatch: [a]\n",
		    "2:8 batch: keys belong here\n"
		    "Write keys with their values on lines of their own, indented; or remove this one.\n" },
		{ "value is a map", "version: 1\nstate: {a: b}\n",
		    "2:8 state: a single value belongs here\n"
		    "Write it behind the colon, on the same line.\n" },
		{ "list is a value", "version: 1\nclaims: {recheck: 1h}\n",
		    "2:19 recheck: a list belongs here\n"
		    "Write it in brackets: [a, b].\n" },
		{ "list is empty", "version: 1\nclaims: {recheck: []}\n",
		    "2:19 recheck: the list is empty\n"
		    "At least one, and at most 16.\n" },
		{ "list too long",
		    "version: 1\nclaims: {recheck: [1h, 1h, 1h, 1h, 1h, 1h, 1h, 1h, 1"
		    "h, 1h, 1h, 1h, 1h, 1h, 1h, 1h, 1h]}\n",
		    "2:19 recheck: the list is too long\n"
		    "At least one, and at most 16.\n" },
		{ "bad item", "version: 1\nclaims: {recheck: [1h, 2x]}\n",
		    "2:24 recheck: \"2x\" is no duration\n"
		    "Write a number and ms, s, m, h or d without a blank: 30s.\n" },
		{ "items become shorter", "version: 1\nclaims: {recheck: [2h, 1h]}\n",
		    "2:19 recheck: the durations become shorter\n"
		    "Begin with the shortest.\n" },
	};

	(void)state;
	config_fixture_refused(tc, LENGTH(tc));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
