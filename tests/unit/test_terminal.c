/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

/* What a pseudo-terminal shows is read from its other end. */
struct screen {
	int master; /* -1: there is none to be had here, as in a chroot without /dev/pts */
	FILE *stream;
};

static int
open_screen(void **state)
{
	static struct screen screen;

	*state = &screen;
	screen.master = posix_openpt(O_RDWR | O_NOCTTY);
	if (screen.master < 0)
		return 0;
	if (grantpt(screen.master) || unlockpt(screen.master))
		return -1;
	screen.stream = fopen(ptsname(screen.master), "r+");
	return screen.stream ? 0 : -1;
}

/* Or the test is skipped. */
static struct screen *
need_screen(void **state)
{
	struct screen *screen = *state;

	if (screen->master < 0) {
		print_message("no pseudo-terminal can be had here\n");
		skip();
	}
	return screen;
}

static int
close_screen(void **state)
{
	struct screen *screen = *state;

	return screen->master >= 0 && (fclose(screen->stream) || close(screen->master));
}

static void
set_or_unset(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void
colours(void **state)
{
	static const struct {
		const char *name;
		const char *no_color;
		const char *force;
		const char *term;
		bool on_terminal;
		bool elsewhere;
	} tc[] = {
		{ "nothing set", NULL, NULL, NULL, true, false },
		{ "usual terminal", NULL, NULL, "xterm-256color", true, false },
		{ "dumb terminal", NULL, NULL, "dumb", false, false },
		{ "refused", "1", NULL, "xterm", false, false },
		{ "refused by an empty word", "", NULL, "xterm", true, false },
		{ "forced", NULL, "1", "xterm", true, true },
		{ "forced on a dumb terminal", NULL, "1", "dumb", true, true },
		{ "not forced", NULL, "0", "xterm", true, false },
		{ "forced by an empty word", NULL, "", "xterm", true, false },
		{ "forced and refused", "1", "1", "xterm", false, false },
	};
	struct screen *screen = need_screen(state);
	FILE *file = tmpfile();

	assert_non_null(file);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		set_or_unset("NO_COLOR", tc[i].no_color);
		set_or_unset("CLICOLOR_FORCE", tc[i].force);
		set_or_unset("TERM", tc[i].term);
		assert_int_equal(terminal_wants_colour(screen->stream), tc[i].on_terminal);
		assert_int_equal(terminal_wants_colour(file), tc[i].elsewhere);
	}
	assert_int_equal(fclose(file), 0);
}

static void
recognises_terminals(void **state)
{
	struct screen *screen = need_screen(state);
	char *text = NULL;
	size_t len;
	FILE *memory = open_memstream(&text, &len);

	assert_non_null(memory);
	assert_true(terminal_is(screen->stream));
	assert_false(terminal_is(memory));
	assert_int_equal(fclose(memory), 0);
	free(text);
}

static void
measures_terminals(void **state)
{
	struct screen *screen = need_screen(state);
	struct winsize size = { .ws_row = 24, .ws_col = 132 };
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(terminal_width(file), TERMINAL_WIDTH_DEFAULT);
	assert_int_equal(terminal_width(screen->stream), TERMINAL_WIDTH_DEFAULT);
	assert_int_equal(ioctl(screen->master, TIOCSWINSZ, &size), 0);
	assert_int_equal(terminal_width(screen->stream), 132);
	assert_int_equal(fclose(file), 0);
}

static void
disarms_text(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *out;
	} tc[] = {
#define TEXT(s) { (s), sizeof(s) - 1 }
		{ "empty", { NULL, 0 }, "" },
		{ "ordinary", TEXT("PF0ABCDE, Book 14"), "PF0ABCDE, Book 14" },
		{ "every length", TEXT("a\u00e9\u20ac\U0001f4bb"), "a\u00e9\u20ac\U0001f4bb" },
		{ "escape sequence", TEXT("a\033[2Jb"), "a?[2Jb" },
		{ "line ends and tabs", TEXT("a\r\nb\tc"), "a??b?c" },
		{ "NUL", TEXT("a\0b"), "a?b" },
		{ "delete", TEXT("\x7f"), "?" },
		{ "C1 control",
		    TEXT("a\xc2\x9b"
		         "31m"),
		    "a?31m" },
		{ "last C1 control", TEXT("\xc2\x9f\xc2\xa0"), "?\xc2\xa0" },
		{ "first and last only", TEXT("\nabc\n"), "?abc?" },
		{ "stray continuation", TEXT("a\x80z"), "a?z" },
		{ "character cut", TEXT("a\xe2\x82"), "a??" },
		{ "character broken off", TEXT("\xe2\x82z"), "??z" },
		{ "overlong", TEXT("\xc0\xaf\xe0\x80\xaf"), "?????" },
		{ "surrogate", TEXT("\xed\xa0\x80"), "???" },
		{ "largest", TEXT("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
		{ "too large", TEXT("\xf4\x90\x80\x80"), "????" },
		{ "no first byte", TEXT("\xf8\xff"), "??" },
		{ "embedding and override", TEXT("a\u202ab\u202ec"), "a?b?c" },
		{ "isolates", TEXT("\u2066a\u2069"), "?a?" },
		{ "line and paragraph", TEXT("\u2027\u2028\u2029"), "\u2027??" },
		{ "beside the controls", TEXT("\u202f\u2065\u206a"), "\u202f\u2065\u206a" },
		{ "direction marks", TEXT("\u200e\u200f\u061c"), "???" },
#undef TEXT
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *text = NULL;
		size_t len;
		FILE *stream = open_memstream(&text, &len);

		print_message("  %s\n", tc[i].name);
		assert_non_null(stream);
		terminal_put(stream, tc[i].in);
		assert_int_equal(fclose(stream), 0);
		assert_string_equal(text, tc[i].out);
		assert_int_equal(len, strlen(tc[i].out));
		free(text);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(colours, open_screen, close_screen),
		cmocka_unit_test_setup_teardown(recognises_terminals, open_screen, close_screen),
		cmocka_unit_test_setup_teardown(measures_terminals, open_screen, close_screen),
		cmocka_unit_test(disarms_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
