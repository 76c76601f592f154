/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/simulator/front.h"
#include "tests/simulator/scenario.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/tls_identity.h"

enum { EXIT_USAGE = 2 };

struct options {
	uint64_t port;
	uint64_t seed;
	const char *scenario;
	const char *record;
	const char *certificate;
	const char *key;
	const char *ca_out;
	const char *client_ca;
	bool tls;
	bool until_eof;
	bool help;
	bool version;
};

static const char help[] =
    "autoreg-simulator: Entra ID, Partner Center and a maker's service on loopback\n"
    "\n"
    "Usage: autoreg-simulator [OPTION]...\n"
    "\n"
    "      --port N             where to listen; default: any free port\n"
    "      --seed N             chance that repeats itself; default: 1\n"
    "      --scenario FILE      what to pretend; see README.md\n"
    "      --record FILE        every request as a line of JSON\n"
    "      --tls                HTTPS, with a certificate made for the occasion\n"
    "      --tls-cert FILE      HTTPS with this certificate (PEM), and --tls-key\n"
    "      --tls-key FILE       its key\n"
    "      --tls-ca-out FILE    writes the CA of the made certificate (PEM)\n"
    "      --tls-client-ca FILE asks clients for a certificate of this CA (PEM)\n"
    "      --until-eof          stops at the end of standard input\n"
    "      --help               explains the program\n"
    "      --version            prints the version\n"
    "\n"
    "Prints its address once it listens. SIGTERM and SIGINT stop it.\n"
    "\n"
    "Exit codes:\n"
    "  0  stopped\n"
    "  1  failed\n"
    "  2  wrong usage, or a scenario with a mistake\n";

/* --- options --- */

static enum err_code
read_number(const char *name, const char *text, uint64_t max, uint64_t *out, struct err *err)
{
	if (slice_to_u64(slice_of(text), max, out))
		return ERR_OK;
	return err_set(err, ERR_USAGE, "--%s takes a number from 0 to %llu", name,
	    (unsigned long long)max);
}

static enum err_code
judge_options(const struct options *o, struct err *err)
{
	if (!o->certificate != !o->key)
		return err_set(err, ERR_USAGE, "--tls-cert and --tls-key need each other");
	if (o->ca_out && (!o->tls || o->certificate))
		return err_set(err, ERR_USAGE, "--tls-ca-out needs --tls without --tls-cert");
	if (o->client_ca && !o->tls)
		return err_set(err, ERR_USAGE, "--tls-client-ca needs --tls");
	return ERR_OK;
}

static enum err_code
read_options(int argc, char **argv, struct options *o, struct err *err)
{
	static const struct option known[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ "scenario", required_argument, NULL, 'f' },
		{ "record", required_argument, NULL, 'r' },
		{ "tls", no_argument, NULL, 't' },
		{ "tls-cert", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ "tls-ca-out", required_argument, NULL, 'a' },
		{ "tls-client-ca", required_argument, NULL, 'l' },
		{ "until-eof", no_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	enum err_code rc = ERR_OK;
	int c;

	opterr = 0;
	while (rc == ERR_OK && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'p':
			rc = read_number("port", optarg, UINT16_MAX, &o->port, err);
			break;
		case 's':
			rc = read_number("seed", optarg, UINT64_MAX, &o->seed, err);
			break;
		case 'f':
			o->scenario = optarg;
			break;
		case 'r':
			o->record = optarg;
			break;
		case 't':
			o->tls = true;
			break;
		case 'c':
			o->certificate = optarg;
			o->tls = true;
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'a':
			o->ca_out = optarg;
			break;
		case 'l':
			o->client_ca = optarg;
			break;
		case 'e':
			o->until_eof = true;
			break;
		case 'h':
			o->help = true;
			break;
		case 'v':
			o->version = true;
			break;
		default:
			rc = err_set(err, ERR_USAGE, "%s is not known or lacks its value",
			    argv[optind - 1]);
		}
	}
	if (rc == ERR_OK && optind < argc)
		rc = err_set(err, ERR_USAGE, "%s: there are no operands", argv[optind]);
	return rc ? rc : judge_options(o, err);
}

/* --- what a run needs --- */

/* The record holds hardware hashes: nobody else may read it. */
static enum err_code
open_record(const char *path, FILE **out, struct err *err)
{
	int fd;

	if (!path)
		return ERR_OK;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	*out = fd >= 0 ? fdopen(fd, "w") : NULL;
	return *out ? ERR_OK : err_errno(err, errno, "%s", path);
}

static enum err_code
write_ca(const char *path, const char *pem, struct err *err)
{
	FILE *f;
	bool ok;

	if (!path)
		return ERR_OK;
	f = fopen(path, "we");
	if (!f)
		return err_errno(err, errno, "%s", path);
	ok = fputs(pem, f) >= 0;
	ok = fclose(f) == 0 && ok;
	return ok ? ERR_OK : err_errno(err, errno, "%s", path);
}

static enum err_code
open_identity(const struct options *o, struct tls_identity *out, struct err *err)
{
	enum err_code rc = ERR_OK;

	if (!o->tls)
		return ERR_OK;
	if (o->certificate) {
		rc = tls_identity_load(o->certificate, o->key, out, err);
	} else {
		tls_identity_make(out);
		rc = write_ca(o->ca_out, out->ca, err);
	}
	if (rc == ERR_OK && o->client_ca)
		rc = tls_identity_ask(out, o->client_ca, err);
	return rc;
}

static enum err_code
open_stop(int *out, struct err *err)
{
	sigset_t stop;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN); /* a client that went away is no reason to end */
	*out = signalfd(-1, &stop, SFD_CLOEXEC);
	return *out >= 0 ? ERR_OK : err_errno(err, errno, "signalfd");
}

/* The line that a parent waits for. */
static enum err_code
announce(const struct options *o, uint16_t port, struct err *err)
{
	if (printf("listening on %s://127.0.0.1:%u\n", o->tls ? "https" : "http", port) < 0 ||
	    fflush(stdout) != 0)
		return err_errno(err, errno, "standard output");
	return ERR_OK;
}

static enum err_code
serve(const struct options *o, struct simulator *sim, struct err *err)
{
	struct tls_identity identity = { 0 };
	struct front *front = NULL;
	int stop_fd = -1;
	enum err_code rc;

	sim->tls = o->tls;
	rc = open_record(o->record, &sim->record, err);
	if (rc == ERR_OK)
		rc = open_identity(o, &identity, err);
	if (rc == ERR_OK)
		rc = open_stop(&stop_fd, err);
	if (rc == ERR_OK)
		rc = front_open(sim, (uint16_t)o->port, o->tls ? &identity : NULL, &front, err);
	if (rc == ERR_OK)
		rc = announce(o, front_port(front), err);
	if (rc == ERR_OK)
		rc = front_run(front, stop_fd, o->until_eof ? STDIN_FILENO : -1, err);
	front_close(front);
	if (stop_fd >= 0)
		(void)close(stop_fd);
	tls_identity_done(&identity);
	if (sim->record)
		(void)fclose(sim->record);
	return rc;
}

static enum err_code
run(const struct options *o, struct err *err)
{
	struct scenario *scenario = NULL;
	struct simulator sim;
	enum err_code rc = ERR_OK;

	if (o->scenario)
		rc = scenario_load(o->scenario, &scenario, err);
	else
		scenario = scenario_new();
	if (rc)
		return rc;
	simulator_init(&sim, scenario, o->seed, clock_system());
	rc = serve(o, &sim, err);
	simulator_done(&sim);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options options = { .seed = 1 };
	enum err_code rc;
	struct err err;

	rc = read_options(argc, argv, &options, &err);
	if (rc == ERR_OK && (options.help || options.version)) {
		fputs(options.help ? help : "autoreg-simulator " AUTOREG_VERSION "\n", stdout);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (rc == ERR_OK)
		rc = run(&options, &err);
	if (rc == ERR_OK)
		return EXIT_SUCCESS;
	fprintf(stderr, "autoreg-simulator: %s\n", err.msg);
	return rc == ERR_USAGE || rc == ERR_FORMAT || rc == ERR_LIMIT ? EXIT_USAGE : EXIT_FAILURE;
}
