/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/machine_checkup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/commands/agent_checkup.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define MIB ((uint64_t)1024 * 1024)

/* The disk of all tests. */
static struct {
	uint64_t free_mib;
	uint64_t files; /* free ones */
	bool unlimited; /* it does not count files */
} disk;

int __wrap_statvfs(const char *path, struct statvfs *fs);

int
__wrap_statvfs(const char *path, struct statvfs *fs)
{
	(void)path;
	*fs = (struct statvfs){
		.f_frsize = 4096,
		.f_bavail = disk.free_mib * MIB / 4096,
		.f_files = disk.unlimited ? 0 : 1000000,
		.f_favail = disk.files,
	};
	return 0;
}

static int
enter(void **state)
{
	disk.free_mib = 5000;
	disk.files = 5000;
	disk.unlimited = false;
	return sandbox_enter(state);
}

/* What was found, as people read it; it is freed. */
static void
assert_found(struct checkup *c, const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	checkup_put(c, f);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, want);
	free(text);
	checkup_free(c);
}

static void
rooms(void **state)
{
	static const struct {
		const char *name;
		uint64_t free_mib, files;
		bool unlimited;
		const char *want; /* of the disk */
	} tc[] = {
		{ "enough", 1024, 1000, false,
		    "ok    disk state: 1024 MiB and 1000 files are free\n" },
		{ "little", 1023, 1000, false,
		    "warn  disk state: 1023 MiB and 1000 files are free\n"
		    "      Make room, or move the folder: a full disk stops intake.\n" },
		{ "few files", 1024, 999, false,
		    "warn  disk state: 1024 MiB and 999 files are free\n"
		    "      Make room, or move the folder: a full disk stops intake.\n" },
		{ "no file", 1024, 0, false,
		    "fail  disk state: 1024 MiB and 0 files are free\n"
		    "      Make room, or move the folder: a full disk stops intake.\n" },
		{ "almost none", 63, 1000, false,
		    "fail  disk state: 63 MiB and 1000 files are free\n"
		    "      Make room, or move the folder: a full disk stops intake.\n" },
		{ "files are not counted", 64, 0, true,
		    "warn  disk state: 64 MiB are free\n"
		    "      Make room, or move the folder: a full disk stops intake.\n" },
	};

	(void)state;
	assert_int_equal(mkdir("state", 0700), 0);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct checkup *c = checkup_new();
		char want[512];

		print_message("  %s\n", tc[i].name);
		disk.free_mib = tc[i].free_mib;
		disk.files = tc[i].files;
		disk.unlimited = tc[i].unlimited;
		assert_true(machine_checkup_state("state", c));
		(void)snprintf(want, sizeof want,
		    "ok    state state: it is ours, private, and on a local disk\n%s", tc[i].want);
		assert_found(c, want);
	}
}

static void
state_folders(void **state)
{
	struct checkup *c = checkup_new();

	(void)state;
	assert_false(machine_checkup_state("state", c));
	assert_found(c,
	    "warn  state state: it is not there yet\n"
	    "      The agent makes it when it starts first.\n");

	c = checkup_new();
	sandbox_write("state", "x");
	assert_false(machine_checkup_state("state", c));
	assert_found(c,
	    "fail  state state: it is no folder\n"
	    "      Name another folder in the configuration.\n");

	c = checkup_new();
	assert_int_equal(unlink("state"), 0);
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(chmod("state", 0750), 0);
	assert_false(machine_checkup_state("state", c));
	assert_found(c,
	    "fail  state state: others may use it: mode 0750\n"
	    "      chmod 700: the store holds hardware hashes and sealed tokens.\n"
	    "ok    disk state: 5000 MiB and 5000 files are free\n");
}

static void
anothers_state_folder(void **state)
{
	struct checkup *c = checkup_new();

	(void)state;
	if (geteuid() != 0) {
		checkup_free(c);
		print_message("only root can give a folder away\n");
		skip();
	}
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(chown("state", 1, 1), 0);
	assert_false(machine_checkup_state("state", c));
	assert_int_equal(checkup_exit(c), EXIT_DONE);
	assert_found(c,
	    "warn  state state: it belongs to uid 1, and we are uid 0\n"
	    "      Ask as the user that the agent runs as: files of another's in it would keep the "
	    "agent from starting.\n"
	    "ok    disk state: 5000 MiB and 5000 files are free\n");
}

static void
spools(void **state)
{
	struct config *config = config_fixture_parse(CONFIG_CUSTOMER("via: partner/nw"), "");
	struct checkup *c = checkup_new();
	char want[512];
	struct stat st;

	(void)state;
	config->spool = "spool";
	machine_checkup_spool(config, c);
	assert_found(c,
	    "warn  spool spool: it is not there yet\n"
	    "      The agent makes it when it starts first.\n");

	c = checkup_new();
	assert_int_equal(mkdir("spool", 0750), 0);
	assert_int_equal(mkdir("spool/c", 0750), 0);
	assert_int_equal(mkdir("spool/stranger", 0750), 0);
	assert_int_equal(mkdir("spool/.hidden", 0750), 0);
	sandbox_write("spool/a file", "x");
	assert_int_equal(stat("spool", &st), 0);
	machine_checkup_spool(config, c);
	assert_int_equal(checkup_exit(c), EXIT_DONE);
	(void)snprintf(want, sizeof want,
	    "ok    spool spool: lists can be taken from it; mode %04o, group %ld\n"
	    "warn  spool stranger: the folder has the name of no customer: what lies there is not "
	    "taken\n"
	    "      Name it as a customer in the configuration, or move it away.\n",
	    st.st_mode & 07777u, (long)st.st_gid);
	assert_found(c, want);
	config_free(config);
}

static void
secrets(void **state)
{
	static struct partner p = { .name = "nw" };
	struct checkup *c = checkup_new();

	(void)state;
	p.auth.proof.client_secret = (struct secret_ref){ SECRET_FILE, "secret" };
	assert_false(machine_checkup_partner(&p, c));
	assert_int_equal(checkup_exit(c), EXIT_CONFIG);
	assert_found(c,
	    "fail  credentials partner/nw: client_secret: secret: it is not there\n"
	    "      See that it is there, private, and readable for the user that the agent runs "
	    "as.\n");

	c = checkup_new();
	sandbox_write("secret", "hunter2");
	assert_int_equal(chmod("secret", 0600), 0);
	p.auth.proof.private_key = (struct secret_ref){ SECRET_PKCS11, "pkcs11:object=o" };
	assert_true(machine_checkup_partner(&p, c));
	assert_found(c,
	    "ok    credentials partner/nw: 1 can be read; the private key is used where it is\n");

	c = checkup_new();
	p.auth.refresh_token = (struct secret_ref){ SECRET_CREDENTIAL, "token" };
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_false(machine_checkup_partner(&p, c));
	assert_int_equal(checkup_exit(c), EXIT_DONE);
	assert_found(c,
	    "skip  credentials partner/nw: refresh_token is a credential of the service manager, "
	    "which only the service sees\n"
	    "      See that the unit has LoadCredential= for it, and ask while the agent runs.\n");
}

static void
nobody_answers(void **state)
{
	struct config *config = config_fixture_parse("version: 1\ncontrol: /nowhere/c.sock\n", "");
	struct checkup *c = checkup_new();
	json_t *status;

	(void)state;
	agent_checkup_ask(config, c, &status);
	assert_null(status);
	assert_int_equal(checkup_exit(c), EXIT_DONE);
	assert_found(c,
	    "warn  agent /nowhere/c.sock: none is running\n"
	    "      Start it: 'systemctl start autoreg', or 'autoreg run'.\n");
	config_free(config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rooms),
		TEST(state_folders),
		TEST(anothers_state_folder),
		TEST(spools),
		TEST(secrets),
		TEST(nobody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
