/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_cases.h"
#include "tests/unit/store_model.h"
#include "tests/unit/store_model_show.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

/* A list with A, B, C and D in lane 1. */
#define FOUR "begin contoso; add 2 A acme t; add 3 B acme t; add 4 C acme t; add 5 D acme t; end 4;"

static const struct store_case intake[] = {
	{ "nothing", "", "lrdnbtmhp", "lists of 1:\nlists of 2:\nlists of 3:\n" },
	{ "an open list", "begin contoso", "l", "list 1 contoso 1.csv rows=0 open\n" },
	{ "an empty list is done", "begin contoso; end 0", "l",
	    "list 1 contoso 1.csv rows=0 done\n" },
	{ "devices and refused rows",
	    "begin contoso; add 2 A acme t; refuse 3 hash-truncated; dup 4 duplicate; end 3",
	    "lrdt",
	    "list 1 contoso 1.csv rows=3 refused=1 queued=1\n"
	    "row 1:2 A queued\nrow 1:3 hash-truncated\nrow 1:4 duplicate duplicate\n"
	    "device A queued contoso/t 1.csv:2\ntally contoso queued 1\n" },
	{ "only refused rows", "begin contoso; refuse 2 x; end 1", "lt",
	    "list 1 contoso 1.csv rows=1 done refused=1\n" },
	{ "a row without a tag has the list's",
	    "begin contoso t; add 2 A acme; add 3 B acme u; end 2", "n",
	    "lane 1 contoso/t 1\nlane 2 contoso/u 1\n" },
	{ "devices of an open list do not go", "begin contoso; add 2 A acme t; claim 1 9", "lnbt",
	    "list 1 contoso 1.csv rows=0 open queued=1\nlane 1 contoso/t 0\n"
	    "tally contoso queued 1\n" },
	{ "but those before it do", FOUR "begin contoso; add 2 E acme t; claim 1 9", "nb",
	    "lane 1 contoso/t 0\n"
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=4"
	    " contoso/t req,cor,: A B C D\n" },
	{ "one list at a time", "begin contoso; !busy begin contoso; end 0; begin contoso", "l",
	    "list 2 contoso 2.csv rows=0 open\nlist 1 contoso 1.csv rows=0 done\n" },
	{ "no list is open",
	    "!not-found add 2 A acme; !not-found refuse 2 x; !not-found end 1; !not-found abort;"
	    "begin contoso; end 0; !not-found add 2 A acme; !not-found refuse 2 x; !not-found end 1;"
	    "!not-found abort",
	    "lrd", "list 1 contoso 1.csv rows=0 done\n" },
	{ "customers are apart",
	    "begin contoso; add 2 A acme t; end 1; begin adatum; add 2 A bolt t; end 1", "dnt",
	    "device A queued contoso/t 1.csv:2\ndevice A queued adatum/t 2.csv:2\n"
	    "lane 1 contoso/t 1\nlane 2 adatum/t 1\n"
	    "tally adatum queued 1\ntally contoso queued 1\n" },
	{ "abort forgets all of it",
	    FOUR "begin contoso; add 2 A acme t; add 3 E acme u; refuse 4 x; abort", "lrdnt",
	    "list 1 contoso 1.csv rows=4 queued=4\n"
	    "row 1:2 A queued\nrow 1:3 B queued\nrow 1:4 C queued\nrow 1:5 D queued\n"
	    "device A queued contoso/t 1.csv:2\ndevice B queued contoso/t 1.csv:3\n"
	    "device C queued contoso/t 1.csv:4\ndevice D queued contoso/t 1.csv:5\n"
	    "lane 1 contoso/t 4\nlane 2 contoso/u 0\ntally contoso queued 4\n" },
	{ "the number of an aborted list is not used again",
	    "begin contoso; abort; begin contoso; end 0", "l",
	    "list 2 contoso 2.csv rows=0 done\n" },
};

static const struct store_case same_device[] = {
	{ "letters in any case", "begin contoso; add 2 Ab Acme t; add 3 aB ACME t; end 2", "d",
	    "device Ab queued contoso/t 1.csv:3\n" },
	{ "another maker", "begin contoso; add 2 A acme t; add 3 A bolt t; end 2", "d",
	    "device A queued contoso/t 1.csv:2\ndevice A queued contoso/t 1.csv:3\n" },
	{ "product id in place of a serial number",
	    "begin contoso; add 2 - acme t m 111; add 3 - bolt t m 111; add 4 - acme t m 222; end 3",
	    "d", "device 111 queued contoso/t 1.csv:3\ndevice 222 queued contoso/t 1.csv:4\n" },
	{ "hash in place of both",
	    "begin contoso; add 2 - acme t m - hh; add 3 - bolt t m - hh; add 4 - acme t m - hi;"
	    "end 3",
	    "dt",
	    "device  queued contoso/t 1.csv:3\ndevice  queued contoso/t 1.csv:4\n"
	    "tally contoso queued 2\n" },
	{ "nothing to know it by", "begin contoso; add 2 - acme t; add 3 - acme t; end 2", "t",
	    "tally contoso queued 2\n" },
	{ "the later row of a list counts",
	    "begin contoso; add 2 A acme t m - old; add 3 A acme u n - new; end 2; claim 2 9",
	    "lrdnb",
	    "list 1 contoso 1.csv rows=2 submitted=2\nrow 1:2 A submitted\nrow 1:3 A submitted\n"
	    "device A submitted contoso/u 1.csv:3\nlane 1 contoso/t 0\nlane 2 contoso/u 0\n"
	    "batch 1 lane=2 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/u req,cor,: A(new)\n" },
	{ "a line given again", "begin contoso; add 2 A acme t m - h; add 2 A acme t m - h; end 1",
	    "lrdt",
	    "list 1 contoso 1.csv rows=1 queued=1\nrow 1:2 A queued\n"
	    "device A queued contoso/t 1.csv:2\ntally contoso queued 1\n" },
	{ "a line replaced by another device",
	    "begin contoso; add 2 A acme t; add 2 B acme u; end 1", "lrdnt",
	    "list 1 contoso 1.csv rows=1 queued=1\nrow 1:2 B queued\n"
	    "device B queued contoso/u 1.csv:2\nlane 1 contoso/t 0\nlane 2 contoso/u 1\n"
	    "tally contoso queued 1\n" },
	{ "a refused line replaced by a device", "begin contoso; refuse 2 x; add 2 A acme t; end 1",
	    "lr", "list 1 contoso 1.csv rows=1 queued=1\nrow 1:2 A queued\n" },
	{ "a late conflict",
	    "begin contoso; add 2 A acme t; refuse 3 conflict; refuse 2 conflict; end 2", "lrdt",
	    "list 1 contoso 1.csv rows=2 done refused=2\nrow 1:2 conflict\nrow 1:3 conflict\n" },
	{ "a late duplicate whose device is another row's",
	    "begin contoso; add 2 A acme t; add 3 A acme t; dup 2 duplicate; end 2", "lrd",
	    "list 1 contoso 1.csv rows=2 queued=1\nrow 1:2 duplicate duplicate\nrow 1:3 A queued\n"
	    "device A queued contoso/t 1.csv:3\n" },
	{ "the next row takes the place of the one that made it",
	    "begin contoso; add 2 A acme t; add 3 A acme t; add 4 A acme t; dup 2 duplicate; end 3",
	    "d", "device A queued contoso/t 1.csv:4\n" },
	{ "a late duplicate before the row that stays",
	    "begin contoso; add 2 A acme t; dup 2 duplicate; add 3 A acme t; end 2", "lrd",
	    "list 1 contoso 1.csv rows=2 queued=1\nrow 1:2 duplicate duplicate\nrow 1:3 A queued\n"
	    "device A queued contoso/t 1.csv:3\n" },
	{ "a late conflict leaves an earlier list's device",
	    FOUR "begin contoso; add 2 A acme t; refuse 2 conflict; end 1; claim 1 1", "lb",
	    "list 2 contoso 2.csv rows=1 done refused=1\n"
	    "list 1 contoso 1.csv rows=4 queued=3 submitted=1\n"
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A\n" },
};

/* One device in each state that it may be in when it is given again. */
#define STATES \
	"begin contoso; add 2 Q acme t; add 3 S acme t; add 4 R acme t; add 5 H acme t;" \
	"add 6 C acme t; add 7 F acme t m - old; end 6;" \
	"hold lane/1 tag; unhold lane/1; claim 1 9;" \
	"lose 1 Q; settle 1 R registered ok; settle 1 H held directory 814 directory;" \
	"settle 1 C claimed claimed_elsewhere 808; settle 1 F failed bad_hash 802;"
#define AGAIN \
	"begin contoso; add 2 Q acme u; add 3 S acme u; add 4 R acme u; add 5 H acme u;" \
	"add 6 C acme u; add 7 F acme u n - new;"

static const struct store_case again[] = {
	{ "before it ends nothing moves", STATES AGAIN, "d",
	    "device Q queued contoso/t 2.csv:2 attempts=1\n"
	    "device S submitted contoso/t 2.csv:3\n"
	    "device R registered ok contoso/t 2.csv:4\n"
	    "device H held(directory) directory 814 contoso/t 2.csv:5 attempts=1\n"
	    "device C claimed claimed_elsewhere 808 contoso/t 2.csv:6\n"
	    "device F failed bad_hash 802 contoso/t 2.csv:7\n" },
	{ "what waits for a person is queued again", STATES AGAIN "end 6", "ldnt",
	    "list 2 contoso 2.csv rows=6 queued=4 submitted=1 registered=1\n"
	    "list 1 contoso 1.csv rows=6 queued=4 submitted=1 registered=1\n"
	    "device Q queued contoso/t 2.csv:2 attempts=1\n"
	    "device S submitted contoso/t 2.csv:3\n"
	    "device R registered ok contoso/t 2.csv:4\n"
	    "device H queued contoso/u 2.csv:5\ndevice C queued contoso/u 2.csv:6\n"
	    "device F queued contoso/u 2.csv:7\nlane 1 contoso/t 1\nlane 2 contoso/u 3\n"
	    "tally contoso queued 4\ntally contoso submitted 1\ntally contoso registered 1\n" },
	{ "with what the row says", STATES AGAIN "end 6; claim 2 9", "b",
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: S\n"
	    "batch 2 lane=2 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=3"
	    " contoso/u req,cor,: H C(claimed x1) F(new)\n" },
	{ "a hash that it has already stays",
	    STATES "begin contoso; add 2 F acme t m - old; end 1; claim 1 9", "b",
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: S\n"
	    "batch 2 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=2"
	    " contoso/t req,cor,: Q(lost) F(old)\n" },
	{ "a row without a hash takes it away",
	    STATES "begin contoso; add 2 F acme u; end 1; claim 2 9", "b",
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: S\n"
	    "batch 2 lane=2 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/u req,cor,: F\n" },
	{ "abort leaves them as they were", STATES AGAIN "abort", "ld",
	    "list 1 contoso 1.csv rows=6 held=1 queued=1 submitted=1 registered=1 claimed=1 failed=1\n"
	    "device Q queued contoso/t 1.csv:2 attempts=1\n"
	    "device S submitted contoso/t 1.csv:3\n"
	    "device R registered ok contoso/t 1.csv:4\n"
	    "device H held(directory) directory 814 contoso/t 1.csv:5 attempts=1\n"
	    "device C claimed claimed_elsewhere 808 contoso/t 1.csv:6\n"
	    "device F failed bad_hash 802 contoso/t 1.csv:7\n" },
	{ "one that fails while the list comes in goes as well",
	    STATES AGAIN "settle 1 S failed bad_input 801; end 6", "d",
	    "device Q queued contoso/t 2.csv:2 attempts=1\n"
	    "device S queued contoso/u 2.csv:3\n"
	    "device R registered ok contoso/t 2.csv:4\n"
	    "device H queued contoso/u 2.csv:5\ndevice C queued contoso/u 2.csv:6\n"
	    "device F queued contoso/u 2.csv:7\n" },
	{ "one that gets through stays through",
	    STATES AGAIN "settle 1 S registered ok; end 6; retry serial=S", "t",
	    "tally contoso queued 4\ntally contoso registered 2\n" },
	{ "both lists hear of it", STATES AGAIN "end 6; claim 2 9", "lm",
	    "list 2 contoso 2.csv rows=6 queued=1 submitted=4 registered=1\n"
	    "list 1 contoso 1.csv rows=6 queued=1 submitted=4 registered=1\n"
	    "lists of 1: 1 2\nlists of 2: 1 2\nlists of 3:\n" },
};

static const struct store_case batches[] = {
	{ "nothing queued", FOUR "claim 2 9; claim 1 0", "b", "" },
	{ "at most so many", FOUR "claim 1 2; claim 1 9; claim 1 9", "nb",
	    "lane 1 contoso/t 0\n"
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=2"
	    " contoso/t req,cor,: A B\n"
	    "batch 2 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=2"
	    " contoso/t req,cor,: C D\n" },
	{ "at most so many bytes, but one at least",
	    "begin contoso; add 2 A acme t m - aa; add 3 B acme t m - bb; add 4 C acme t m - cc;"
	    "end 3; claim 1 9 16; claim 1 9 1",
	    "b",
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=2"
	    " contoso/t req,cor,: A(aa) B(bb)\n"
	    "batch 2 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: C(cc)\n" },
	{ "accepted", FOUR "claim 1 2; tick 10; accept 1 T; !not-found accept 1 U", "b",
	    "batch 1 lane=1 accepted due=1015 since=1010 sent=1 errors=0 looks=0 n=2"
	    " contoso/t their-req,cor,T: A B\n" },
	{ "unknown, asked, sent again",
	    FOUR "claim 1 2; tick 1; move 1 unknown 7 error; tick 1; move 1 unknown 8;"
	         "move 1 unknown 9 error; !not-found resend 1; move 1 resend 10; tick 1; resend 1",
	    "b",
	    "batch 1 lane=1 sending due=10 since=1003 sent=2 errors=2 looks=0 n=2"
	    " contoso/t req,cor,: A B\n" },
	{ "looks count while the state stays",
	    FOUR "claim 1 2; tick 1; move 1 unknown 7; tick 1; move 1 unknown 8; move 1 unknown 9",
	    "b",
	    "batch 1 lane=1 unknown due=9 since=1001 sent=1 errors=0 looks=2 n=2"
	    " contoso/t req,cor,: A B\n" },
	{ "a new request id", FOUR "claim 1 1; move 1 resend 3; resend 1 again", "b",
	    "batch 1 lane=1 sending due=3 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t again,cor,: A\n" },
	{ "errors are forgotten when it is accepted",
	    FOUR "claim 1 1; move 1 unknown 3 error; accept 1 T; move 1 missing 4", "b",
	    "batch 1 lane=1 missing due=4 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t their-req,cor,T: A\n" },
	{ "and when a look finds it accepted",
	    FOUR "claim 1 1; move 1 unknown 3 error; move 1 accepted 4", "b",
	    "batch 1 lane=1 accepted due=4 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A\n" },
	{ "a due time that lies too far ahead",
	    FOUR "claim 1 1; claim 1 1; move 1 accepted 5000; move 2 accepted 1500; clamp 2000",
	    "b",
	    "batch 1 lane=1 accepted due=2000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A\n"
	    "batch 2 lane=1 accepted due=1500 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: B\n" },
	{ "dissolved", FOUR "claim 1 2; dissolve 1; claim 1 1; dissolve 2", "dnbm",
	    "device A queued contoso/t 1.csv:2\n"
	    "device B queued contoso/t 1.csv:3\ndevice C queued contoso/t 1.csv:4\n"
	    "device D queued contoso/t 1.csv:5\nlane 1 contoso/t 4\n"
	    "lists of 1: 1\nlists of 2: 1\nlists of 3:\n" },
	{ "what it took before it was settled",
	    FOUR "claim 1 3; move 1 unknown 5; move 1 resend 5; resend 1;"
	         "settle 1 A registered ok; settle 1 B queued; claim 1 1",
	    "d",
	    "device A registered ok contoso/t 1.csv:2 attempts=2\n"
	    "device B submitted contoso/t 1.csv:3 attempts=3\n"
	    "device C submitted contoso/t 1.csv:4 attempts=2\n"
	    "device D queued contoso/t 1.csv:5\n" },
	{ "split in halves",
	    FOUR "claim 1 3; move 1 unknown 5 error; tick 1; split 1; split 1; !not-found split 2;"
	         "!not-found split 3",
	    "bm",
	    "batch 1 lane=1 resend due=1001 since=1001 sent=0 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A\n"
	    "batch 2 lane=1 resend due=1001 since=1001 sent=0 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: C\n"
	    "batch 3 lane=1 resend due=1001 since=1001 sent=0 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: B\n"
	    "lists of 1: 1\nlists of 2: 1\nlists of 3: 1\n" },
	{ "a closed batch stays closed",
	    FOUR "claim 1 1; dissolve 1; !not-found dissolve 1; !not-found move 1 unknown 3;"
	         "!not-found accept 1 T; !not-found resend 1; !not-found split 1;"
	         "!not-found settle 1 A registered; !not-found move 9 unknown 3",
	    "bt", "tally contoso queued 4\n" },
};

static const struct store_case settling[] = {
	{ "each its own way",
	    FOUR "claim 1 9; accept 1 T; settle 1 A registered ok; settle 1 B failed bad_hash 802;"
	         "lose 1 C",
	    "ldbt",
	    "list 1 contoso 1.csv rows=4 queued=1 submitted=1 registered=1 failed=1\n"
	    "device A registered ok contoso/t 1.csv:2\n"
	    "device B failed bad_hash 802 contoso/t 1.csv:3\n"
	    "device C queued contoso/t 1.csv:4 attempts=1\n"
	    "device D submitted contoso/t 1.csv:5\n"
	    "batch 1 lane=1 accepted due=1005 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t their-req,cor,T: D\n"
	    "tally contoso queued 1\ntally contoso submitted 1\ntally contoso registered 1\n"
	    "tally contoso failed 1\n" },
	{ "the last one closes the batch",
	    FOUR "claim 1 2; settle 1 A registered ok; settle 1 B ready already_here 806", "db",
	    "device A registered ok contoso/t 1.csv:2\n"
	    "device B ready already_here 806 contoso/t 1.csv:3\n"
	    "device C queued contoso/t 1.csv:4\ndevice D queued contoso/t 1.csv:5\n" },
	{ "only once", FOUR "claim 1 2; settle 1 A failed x; settle 1 A registered ok", "dt",
	    "device A failed x contoso/t 1.csv:2\ndevice B submitted contoso/t 1.csv:3\n"
	    "device C queued contoso/t 1.csv:4\ndevice D queued contoso/t 1.csv:5\n"
	    "tally contoso queued 2\ntally contoso submitted 1\ntally contoso failed 1\n" },
	{ "only in its batch",
	    FOUR "claim 1 1; claim 1 1; settle 1 B failed x; settle 1 C failed x", "t",
	    "tally contoso queued 2\ntally contoso submitted 2\n" },
	{ "one that stays", FOUR "claim 1 1; settle 1 A submitted transient 640", "db",
	    "device A submitted transient 640 contoso/t 1.csv:2\n"
	    "device B queued contoso/t 1.csv:3\ndevice C queued contoso/t 1.csv:4\n"
	    "device D queued contoso/t 1.csv:5\n"
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A\n" },
	{ "the registered lose their hash, the failed keep it",
	    "begin contoso; add 2 A acme t m - aa; add 3 B acme t m - bb; end 2; claim 1 9;"
	    "settle 1 A registered ok; settle 1 B failed x; retry state=failed; claim 1 9",
	    "b",
	    "batch 2 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: B(bb)\n" },
	{ "lost is remembered", FOUR "claim 1 1; lose 1 A; claim 1 1; settle 2 A queued; claim 1 1",
	    "b",
	    "batch 3 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A(lost)\n" },
	{ "retry forgets attempts and loss",
	    FOUR "claim 1 1; lose 1 A; claim 1 1; settle 2 A failed x; retry serial=a; claim 1 1",
	    "b",
	    "batch 3 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A\n" },
	{ "a change takes the report back",
	    FOUR "claim 1 9; settle 1 A claimed x; settle 1 B failed x; settle 1 C registered ok;"
	         "settle 1 D registered ok; reported 1; retry state=claimed",
	    "l", "list 1 contoso 1.csv rows=4 queued=1 registered=2 failed=1\n" },
	{ "and so does a person", FOUR "reported 1; unreported 1", "l",
	    "list 1 contoso 1.csv rows=4 queued=4\n" },
	{ "reported",
	    FOUR "reported 1; !not-found reported 2; begin contoso; !not-found reported 2", "l",
	    "list 2 contoso 2.csv rows=0 open\nlist 1 contoso 1.csv rows=4 reported queued=4\n" },
};

static const struct store_case holds[] = {
	{ "a lane", FOUR "hold lane/1 tag", "ldnth",
	    "list 1 contoso 1.csv rows=4 done held=4\n"
	    "device A held(tag) contoso/t 1.csv:2\ndevice B held(tag) contoso/t 1.csv:3\n"
	    "device C held(tag) contoso/t 1.csv:4\ndevice D held(tag) contoso/t 1.csv:5\n"
	    "lane 1 contoso/t 4\ntally contoso held 4\nhold lane/1 tag since=1000 message\n" },
	{ "a customer", FOUR "begin adatum; add 2 E acme t; end 1; hold customer/contoso consent",
	    "lt",
	    "list 2 adatum 2.csv rows=1 queued=1\nlist 1 contoso 1.csv rows=4 done held=4\n"
	    "tally adatum queued 1\ntally contoso held 4\n" },
	{ "a partner",
	    FOUR "begin adatum; add 2 E acme t; end 1; route contoso partner/n adatum partner/m;"
	         "hold partner/n credentials",
	    "lt",
	    "list 2 adatum 2.csv rows=1 queued=1\nlist 1 contoso 1.csv rows=4 done held=4\n"
	    "tally adatum queued 1\ntally contoso held 4\n" },
	{ "routes are replaced", FOUR "route contoso partner/n; hold partner/n x; route", "t",
	    "tally contoso queued 4\n" },
	{ "only what is queued", FOUR "claim 1 3; settle 1 A registered ok; hold lane/1 tag", "t",
	    "tally contoso held 1\ntally contoso submitted 2\ntally contoso registered 1\n" },
	{ "the oldest hold is shown",
	    FOUR "hold lane/1 tag; tick 1; hold customer/contoso consent; claim 1 3", "d",
	    "device A submitted contoso/t 1.csv:2\ndevice B submitted contoso/t 1.csv:3\n"
	    "device C submitted contoso/t 1.csv:4\ndevice D held(tag) contoso/t 1.csv:5\n" },
	{ "for each reason", FOUR "hold lane/1 tag; hold lane/1 paused; unhold lane/1 tag", "th",
	    "tally contoso held 4\nhold lane/1 paused since=1000 message\n" },
	{ "all reasons at once",
	    FOUR "hold lane/1 tag; hold lane/1 paused; unhold lane/1; unhold x y", "th",
	    "tally contoso queued 4\n" },
	{ "held twice is held since the first time", "hold lane/1 tag; tick 9; hold lane/1 tag",
	    "h", "hold lane/1 tag since=1000 message\n" },
	{ "released, they are not settled", FOUR "hold lane/1 tag; unhold lane/1 tag", "l",
	    "list 1 contoso 1.csv rows=4 queued=4\n" },
	{ "new rows in a held lane", FOUR "hold lane/1 tag; begin contoso; add 2 E acme t; end 1",
	    "lt",
	    "list 2 contoso 2.csv rows=1 done held=1\nlist 1 contoso 1.csv rows=4 done held=4\n"
	    "tally contoso held 5\n" },
	{ "pauses", "pause lane/1 50; pause lane/1 40; pause customer/x 60; pause y 9; pause y 0",
	    "p", "pause customer/x 60\npause lane/1 50\n" },
};

#define SETTLED \
	FOUR "begin adatum; add 2 E acme t; end 1; claim 1 9; claim 2 9;" \
	     "settle 1 A failed x; settle 1 B claimed x; settle 1 C held x 1 directory;" \
	     "settle 1 D registered ok; settle 2 E failed x;"

static const struct store_case retries[] = {
	{ "all", SETTLED "retry", "t",
	    "tally adatum queued 1\ntally contoso queued 3\ntally contoso registered 1\n" },
	{ "by customer", SETTLED "retry customer=adatum", "t",
	    "tally adatum queued 1\ntally contoso held 1\ntally contoso registered 1\n"
	    "tally contoso claimed 1\ntally contoso failed 1\n" },
	{ "by list", SETTLED "retry list=1", "t",
	    "tally adatum failed 1\ntally contoso queued 3\ntally contoso registered 1\n" },
	{ "by state", SETTLED "retry state=claimed", "d",
	    "device A failed x contoso/t 1.csv:2\ndevice B queued contoso/t 1.csv:3\n"
	    "device C held(directory) x 1 contoso/t 1.csv:4 attempts=1\n"
	    "device D registered ok contoso/t 1.csv:5\ndevice E failed x adatum/t 2.csv:2\n" },
	{ "so many", SETTLED "retry limit=2", "t",
	    "tally adatum failed 1\ntally contoso held 1\ntally contoso queued 2\n"
	    "tally contoso registered 1\n" },
	{ "not what has got through", SETTLED "retry state=registered; retry serial=D", "t",
	    "tally adatum failed 1\ntally contoso held 1\ntally contoso registered 1\n"
	    "tally contoso claimed 1\ntally contoso failed 1\n" },
	{ "an unknown serial number, customer, list",
	    SETTLED "retry serial=Z; retry customer=z; retry list=9", "t",
	    "tally adatum failed 1\ntally contoso held 1\ntally contoso registered 1\n"
	    "tally contoso claimed 1\ntally contoso failed 1\n" },
	{ "settled again after a retry",
	    SETTLED "retry list=1; claim 1 9; settle 3 A registered ok", "l",
	    "list 2 adatum 2.csv rows=1 done failed=1\n"
	    "list 1 contoso 1.csv rows=4 submitted=2 registered=2\n" },
};

static const struct store_case groups[] = {
	{ "together", "group; begin contoso; add 2 A acme t; end 1; endgroup; reopen", "l",
	    "list 1 contoso 1.csv rows=1 queued=1\n" },
	{ "a piece that fails leaves no trace, the others stay",
	    "group; " FOUR " !not-found move 7 unknown 1; claim 1 1; endgroup; reopen", "lt",
	    "list 1 contoso 1.csv rows=4 queued=3 submitted=1\n"
	    "tally contoso queued 3\ntally contoso submitted 1\n" },
	{ "what was made in a piece that failed is made again",
	    "group; !not-found add 2 A acme t; begin contoso; add 2 A acme t; end 1; endgroup", "n",
	    "lane 1 contoso/t 1\n" },
	{ "after a reopening", FOUR "claim 1 2; hold lane/1 tag; pause x 3; reopen", "lnbthp",
	    "list 1 contoso 1.csv rows=4 held=2 submitted=2\nlane 1 contoso/t 2\n"
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=2"
	    " contoso/t req,cor,: A B\n"
	    "tally contoso held 2\ntally contoso submitted 2\n"
	    "hold lane/1 tag since=1000 message\npause x 3\n" },
	{ "an open list goes on", "begin contoso; add 2 A acme t; reopen; add 3 B acme t; end 2",
	    "ln", "list 1 contoso 1.csv rows=2 queued=2\nlane 1 contoso/t 2\n" },
	{ "an open list from its beginning again",
	    "begin contoso; add 2 A acme t; refuse 3 x; add 4 A acme u; dup 2 duplicate; reopen;"
	    "add 2 A acme t; refuse 3 x; add 4 A acme u; dup 2 duplicate; end 3",
	    "lrd",
	    "list 1 contoso 1.csv rows=3 refused=1 queued=1\n"
	    "row 1:2 duplicate duplicate\nrow 1:3 x\nrow 1:4 A queued\n"
	    "device A queued contoso/u 1.csv:4\n" },
};

static void
test_intake(void **state)
{
	(void)state;
	RUN(intake);
}

static void
test_same_device(void **state)
{
	(void)state;
	RUN(same_device);
}

static void
test_given_again(void **state)
{
	(void)state;
	RUN(again);
}

static void
test_batches(void **state)
{
	(void)state;
	RUN(batches);
}

static void
test_settling(void **state)
{
	(void)state;
	RUN(settling);
}

static void
test_holds(void **state)
{
	(void)state;
	RUN(holds);
}

static void
test_retries(void **state)
{
	(void)state;
	RUN(retries);
}

static void
test_groups(void **state)
{
	(void)state;
	RUN(groups);
}

static void
compare_with_model(struct store_script *ss, const struct store_model *m)
{
	struct buf want;

	buf_init(&want, 1 << 20);
	store_model_show(m, &want);
	store_show_expect(ss->store, "lrdntcgs", want.len ? want.ptr : "");
	buf_done(&want);
}

/* Some of the commands run in groups of up to seven. */
static void
run_with_model(uint64_t seed)
{
	static struct store_model m;
	struct store_script ss;
	char command[MODEL_LINE];

	store_script_open(&ss);
	store_model_init(&m, seed);
	for (unsigned i = 0; i < MODEL_STEPS; i++) {
		if (seed % 2 && i % 8 == 0)
			store_script_run(&ss, i > 0 ? "endgroup; group" : "group");
		store_model_step(&m, command);
		if (strcmp(command, "reopen") == 0 && seed % 2)
			continue;
		store_script_run(&ss, command);
		compare_with_model(&ss, &m);
	}
	if (seed % 2)
		store_script_run(&ss, "endgroup");
	store_script_close(&ss);
}

static void
test_random_commands(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		print_message("  seed %u\n", (unsigned)seed);
		assert_int_equal(sandbox_enter(NULL), 0);
		run_with_model(seed);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static void
test_a_reader_sees_what_is_durable(void **state)
{
	struct store_script ss;
	struct store *reader = NULL;
	struct err err;

	(void)state;
	store_script_open(&ss);
	assert_int_equal(store_open("nowhere", STORE_READ, &ss.clock, &reader, &err),
	    ERR_NOT_FOUND);
	assert_null(reader);
	sandbox_assert_names(".", "store ");
	store_script_run(&ss, FOUR);
	assert_int_equal(store_open("store", STORE_READ, &ss.clock, &reader, &err), ERR_OK);
	store_script_run(&ss, "group; claim 1 1; hold lane/1 tag");
	store_show_expect(reader, "t", "tally contoso queued 4\n");
	store_script_run(&ss, "endgroup");
	store_show_expect(reader, "t", "tally contoso held 3\ntally contoso submitted 1\n");
	store_close(reader);
	store_close(NULL);
	store_script_close(&ss);
}

int
store_conformance_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intake),
		cmocka_unit_test(test_same_device),
		cmocka_unit_test(test_given_again),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_settling),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_random_commands),
		cmocka_unit_test_setup_teardown(test_a_reader_sees_what_is_durable, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
