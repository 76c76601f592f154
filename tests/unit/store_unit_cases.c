/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_unit_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store_cases.h"

static const struct store_case orders[] = {
	{ "a lane for each order",
	    "begin contoso; add 2 A acme t - - - - 1; add 3 B acme t - - - - 2; add 4 C acme t;"
	    "add 5 D acme t - - - - 1; end 4; claim 1 9",
	    "dnb",
	    "device A submitted contoso/t/1 1.csv:2\ndevice B queued contoso/t/2 1.csv:3\n"
	    "device C queued contoso/t 1.csv:4\ndevice D submitted contoso/t/1 1.csv:5\n"
	    "lane 1 contoso/t/1 0\nlane 2 contoso/t/2 1\nlane 3 contoso/t 1\n"
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=2"
	    " contoso/t/1 req,cor,: A D\n" },
	{ "tag and order do not run together",
	    "begin contoso; add 2 A acme tt - - - - 1; add 3 B acme t - - - - t1; reopen;"
	    "add 4 C acme tt - - - - 1; end 3",
	    "n", "lane 1 contoso/tt/1 2\nlane 2 contoso/t/t1 1\n" },
	{ "the later row counts",
	    "begin contoso; add 2 A acme t - - - - 1; add 3 A acme t - - - - 2; end 2", "d",
	    "device A queued contoso/t/2 1.csv:3\n" },
	{ "given again with another order",
	    "begin contoso; add 2 A acme t - - - - 1; end 1; claim 1 9; settle 1 A failed x 1;"
	    "begin contoso; add 2 A acme t - - - - 2; end 1",
	    "d", "device A queued contoso/t/2 2.csv:2\n" },
	{ "a hold on the customer reaches all of them",
	    "begin contoso; add 2 A acme t - - - - 1; add 3 B acme t - - - - 2; end 2;"
	    "hold customer/contoso consent",
	    "d",
	    "device A held(consent) contoso/t/1 1.csv:2\n"
	    "device B held(consent) contoso/t/2 1.csv:3\n" },
};

#define A_UNIT "unit contoso u A acme t 1;"

static const struct store_case units[] = {
	{ "the first one", A_UNIT "took 1:1 queued", "lrdnt",
	    "list 1 contoso u rows=1 queued=1\nrow 1:1 A queued\n"
	    "device A queued contoso/t/1 u:1\nlane 1 contoso/t/1 1\ntally contoso queued 1\n" },
	{ "the next one; it goes, and the list is done",
	    A_UNIT
	    "unit contoso u B acme t 1 - bb; took 1:2 queued; claim 1 9; settle 1 A registered ok;"
	    "settle 1 B registered ok",
	    "lrdm",
	    "list 1 contoso u rows=2 done registered=2\nrow 1:1 A registered ok\n"
	    "row 1:2 B registered ok\ndevice A registered ok contoso/t/1 u:1\n"
	    "device B registered ok contoso/t/1 u:2\n"
	    "lists of 1: 1\nlists of 2:\nlists of 3:\n" },
	{ "for that moment",
	    A_UNIT "claim 1 9; settle 1 A registered ok; reported 1; unit contoso u B acme t 1",
	    "l", "list 1 contoso u rows=2 queued=1 registered=1\n" },
	{ "with their hashes", "unit contoso u A acme t 1 - aa; reopen; claim 1 9", "b",
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t/1 req,cor,: A(aa)\n" },
	{ "lists by customer and name",
	    A_UNIT "unit contoso v B acme; unit adatum u C acme; took 3:1 queued;"
	           "unit contoso u D acme; took 1:2 queued",
	    "l",
	    "list 3 adatum u rows=1 queued=1\nlist 2 contoso v rows=1 queued=1\n"
	    "list 1 contoso u rows=2 queued=2\n" },
	{ "a list of that name is another one",
	    "begin contoso; end 0; unit contoso 1.csv A acme; took 2:1 queued", "l",
	    "list 2 contoso 1.csv rows=1 queued=1\nlist 1 contoso 1.csv rows=0 done\n" },
	{ "it is not open",
	    A_UNIT "!not-found add 2 B acme; !not-found end 1; !not-found abort; begin contoso",
	    "l", "list 2 contoso 2.csv rows=0 open\nlist 1 contoso u rows=1 queued=1\n" },
	{ "the same one again",
	    A_UNIT A_UNIT "took 1:2known queued; unit contoso v a ACME t 2;"
	                  "took 2:1known queued",
	    "lrd",
	    "list 2 contoso v rows=1 queued=1\nlist 1 contoso u rows=2 queued=2\n"
	    "row 2:1 A queued\nrow 1:1 A queued\nrow 1:2 A queued\n"
	    "device A queued contoso/t/1 v:1\n" },
	{ "again when it is on its way",
	    A_UNIT "claim 1 9; unit contoso v A acme t 2; took 2:1known submitted;"
	           "settle 1 A registered ok; unit contoso v A acme t 2; took 2:2known registered",
	    "ldm",
	    "list 2 contoso v rows=2 done registered=2\nlist 1 contoso u rows=1 done registered=1\n"
	    "device A registered ok contoso/t/1 v:2\nlists of 1: 1 2\nlists of 2:\nlists of 3:\n" },
	{ "again when it has failed: with what is said now",
	    "unit contoso u A acme t 1 - aa; claim 1 9; settle 1 A failed x 1;"
	    "unit contoso u A acme v 2 - bb; took 1:2known queued; claim 2 9",
	    "dnb",
	    "device A submitted contoso/v/2 u:2\nlane 2 contoso/v/2 0\n"
	    "batch 2 lane=2 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/v/2 req,cor,: A(bb)\n" },
	{ "again when it is claimed, or held",
	    A_UNIT "unit contoso u B acme t 1; claim 1 9; settle 1 A claimed x 1;"
	           "settle 1 B held - 0 self; unit contoso u A acme t 1; took 1:3known queued;"
	           "unit contoso u B acme t 1; took 1:4known queued",
	    "t", "tally contoso queued 2\n" },
	{ "nothing to know it by", "unit contoso u - acme; unit contoso u - acme; took 1:2 queued",
	    "t", "tally contoso queued 2\n" },
	{ "by its hash",
	    "unit contoso u - acme t 1 - aa; unit contoso u - acme t 1 - aa;"
	    "took 1:2known queued",
	    "t", "tally contoso queued 1\n" },
	{ "held with its lane",
	    A_UNIT "hold lane/1 tag; unit contoso u B acme t 1; took 1:2 queued", "ld",
	    "list 1 contoso u rows=2 done held=2\ndevice A held(tag) contoso/t/1 u:1\n"
	    "device B held(tag) contoso/t/1 u:2\n" },
	{ "a group, and one that fails in it",
	    "group;" A_UNIT "!not-found unit contoso u B acme t 1 X; unit contoso u C acme t 1;"
	    "took 1:2 queued; endgroup; reopen; unit contoso u B acme t 1; took 1:3 queued",
	    "d",
	    "device A queued contoso/t/1 u:1\ndevice C queued contoso/t/1 u:2\n"
	    "device B queued contoso/t/1 u:3\n" },
};

/* While a list is between begin and end. */
#define OPEN "begin contoso; add 2 L acme t - - - - 1; add 3 M acme t - - - - 1;"

static const struct store_case beside_a_list[] = {
	{ "units go, the list waits", OPEN A_UNIT "took 2:1 queued; claim 1 9", "lnb",
	    "list 2 contoso u rows=1 submitted=1\nlist 1 contoso 1.csv rows=0 open queued=2\n"
	    "lane 1 contoso/t/1 0\n"
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t/1 req,cor,: A\n" },
	{ "and the list goes on behind them",
	    OPEN A_UNIT "add 4 N acme t - - - - 1; unit contoso u B acme t 1; end 3", "lrdn",
	    "list 2 contoso u rows=2 queued=2\nlist 1 contoso 1.csv rows=3 queued=3\n"
	    "row 2:1 A queued\nrow 2:2 B queued\n"
	    "row 1:2 L queued\nrow 1:3 M queued\nrow 1:4 N queued\n"
	    "device L queued contoso/t/1 1.csv:2\ndevice M queued contoso/t/1 1.csv:3\n"
	    "device A queued contoso/t/1 u:1\ndevice N queued contoso/t/1 1.csv:4\n"
	    "device B queued contoso/t/1 u:2\nlane 1 contoso/t/1 5\n" },
	{ "it is given up", OPEN A_UNIT "add 4 N acme t; abort", "lrdnt",
	    "list 2 contoso u rows=1 queued=1\nrow 2:1 A queued\n"
	    "device A queued contoso/t/1 u:1\nlane 1 contoso/t/1 1\nlane 2 contoso/t 0\n"
	    "tally contoso queued 1\n" },
	{ "numbers of the list are given out again",
	    OPEN A_UNIT "abort; unit contoso u M acme; unit contoso u L acme; reopen;"
	                "unit contoso u l acme; took 2:4known queued",
	    "d",
	    "device A queued contoso/t/1 u:1\ndevice M queued contoso/ u:2\n"
	    "device L queued contoso/ u:4\n" },
	{ "a unit of the list goes without it",
	    OPEN "unit contoso u L acme v 2; took 2:1known queued; claim 2 9", "lrdnbt",
	    "list 2 contoso u rows=1 submitted=1\n"
	    "list 1 contoso 1.csv rows=0 open queued=1 submitted=1\n"
	    "row 2:1 L submitted\nrow 1:2 L submitted\nrow 1:3 M queued\n"
	    "device L submitted contoso/v/2 1.csv:2\ndevice M queued contoso/t/1 1.csv:3\n"
	    "lane 1 contoso/t/1 0\nlane 2 contoso/v/2 0\n"
	    "batch 1 lane=2 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/v/2 req,cor,: L\n"
	    "tally contoso queued 1\ntally contoso submitted 1\n" },
	{ "and stays when it is given up", OPEN "unit contoso u L acme t 1; abort", "lrdnt",
	    "list 2 contoso u rows=1 queued=1\nrow 2:1 L queued\n"
	    "device L queued contoso/t/1 u:1\nlane 1 contoso/t/1 1\ntally contoso queued 1\n" },
	{ "the list may say it again",
	    OPEN "unit contoso u L acme v 2; reopen; add 2 L acme t - - - - 1;"
	         "add 3 M acme t - - - - 1; add 4 L acme w; end 3",
	    "lrd",
	    "list 2 contoso u rows=1 queued=1\nlist 1 contoso 1.csv rows=3 queued=3\n"
	    "row 2:1 L queued\nrow 1:2 L queued\nrow 1:3 M queued\nrow 1:4 L queued\n"
	    "device L queued contoso/v/2 1.csv:4\ndevice M queued contoso/t/1 1.csv:3\n" },
	{ "or take its row back", OPEN "unit contoso u L acme v 2; refuse 2 x; end 2", "lrd",
	    "list 2 contoso u rows=1 queued=1\nlist 1 contoso 1.csv rows=2 refused=1 queued=1\n"
	    "row 2:1 L queued\nrow 1:2 x\nrow 1:3 M queued\n"
	    "device L queued contoso/v/2 u:1\ndevice M queued contoso/t/1 1.csv:3\n" },
	{ "a row out of order had made it",
	    "begin contoso; add 5 K acme t; add 2 L acme t; unit contoso u L acme t; abort", "lrdn",
	    "list 2 contoso u rows=1 queued=1\nrow 2:1 L queued\n"
	    "device L queued contoso/t u:1\nlane 1 contoso/t 1\n" },
	{ "a list that was there before a unit",
	    A_UNIT "begin contoso; add 2 A acme t; add 3 B acme t; end 2; unit contoso u C acme;"
	           "begin contoso; add 2 D acme t; end 1; unit contoso u E acme",
	    "r",
	    "row 3:2 D queued\nrow 2:2 A queued\nrow 2:3 B queued\n"
	    "row 1:1 A queued\nrow 1:2 C queued\nrow 1:3 E queued\n" },
	{ "devices of a list of units",
	    A_UNIT "begin contoso; add 2 B acme t; end 1; unit contoso u B acme t;"
	           "image 7 list=1; counted 2; image 8 list=2; counted 1",
	    "g", "gate A image=7\ngate B image=8\n" },
};

/* --- whose it is --- */

#define A_OF_ADATUM "unit adatum u A acme t 1;"

static const struct store_case contests[] = {
	{ "two customers: both wait", A_UNIT A_OF_ADATUM "took 2:1 heldconflict", "lde",
	    "list 2 adatum u rows=1 done held=1\nlist 1 contoso u rows=1 done held=1\n"
	    "device A held(conflict) contoso/t/1 u:1\ndevice A held(conflict) adatum/t/1 u:1\n"
	    "event 1 1000 device_contested agent|adatum||2|A|||contoso has this device as well"
	    " (line 1 of u). Find out whose it is, then: autoreg retry --serial A"
	    " --customer adatum\n"
	    "event 2 1000 device_contested agent|contoso||1|A|||adatum has this device as well"
	    " (line 1 of u). Find out whose it is, then: autoreg retry --serial A"
	    " --customer contoso\n" },
	{ "what was sent stays", A_UNIT "claim 1 9;" A_OF_ADATUM, "d",
	    "device A submitted contoso/t/1 u:1\ndevice A held(conflict) adatum/t/1 u:1\n" },
	{ "the unit comes again: it waits all the same, for a person",
	    A_UNIT A_OF_ADATUM A_OF_ADATUM
	    "took 2:2known heldconflict; retry customer=adatum;" A_OF_ADATUM "took 2:3known queued",
	    "d", "device A held(conflict) contoso/t/1 u:1\ndevice A queued adatum/t/1 u:3\n" },
	{ "the open list has it: its end says so",
	    "begin adatum; add 2 A acme t;" A_UNIT "took 2:1 queued; end 1; counted 1", "d",
	    "device A held(conflict) adatum/t 1.csv:2\ndevice A held(conflict) contoso/t/1 u:1\n" },
	{ "unless it is given up", "begin adatum; add 2 A acme t;" A_UNIT "abort", "d",
	    "device A queued contoso/t/1 u:1\n" },
	{ "the open list comes to it later",
	    "begin adatum;" A_UNIT "add 2 A acme t; end 1; counted 1", "d",
	    "device A held(conflict) contoso/t/1 u:1\ndevice A held(conflict) adatum/t 1.csv:2\n" },
	{ "a unit of an open list that is contested",
	    A_UNIT "begin adatum; add 2 A acme t;" A_OF_ADATUM "took 3:1known heldconflict;"
	           "retry customer=contoso; end 1; counted 0",
	    "d", "device A queued contoso/t/1 u:1\ndevice A held(conflict) adatum/t/1 2.csv:2\n" },
};

/* --- units that have become others --- */

#define REGISTERED(serial) \
	"unit contoso u " serial " acme t 1; claim 1 9; settle 1 " serial " registered ok;"
#define B_REPLACES_A "unit contoso u B acme t 1 A;"

static const struct store_case superseded[] = {
	{ "never sent: refused at once", A_UNIT B_REPLACES_A "took 1:2 queued", "dsen",
	    "device A refused superseded contoso/t/1 u:1\ndevice B queued contoso/t/1 u:2\n"
	    "event 1 1000 unit_superseded agent|contoso||1|A|||it has become B\n"
	    "event 2 1000 unit_superseded agent|contoso||1|B|||it was A\n"
	    "lane 1 contoso/t/1 1\n" },
	{ "registered: taken back first", REGISTERED("A") B_REPLACES_A "took 1:2 heldsupersede",
	    "lds",
	    "list 1 contoso u rows=2 done held=2\n"
	    "device A held(superseded) contoso/t/1 u:1 attempts=1\n"
	    "device B held(supersede) contoso/t/1 u:2\n"
	    "supersede 1->2 A acme contoso/t/1\n" },
	{ "and then it goes",
	    REGISTERED("A") B_REPLACES_A "tick 5; taken-back contoso A R1;"
	                                 "!not-found taken-back contoso A",
	    "ldste",
	    "list 1 contoso u rows=2 refused=1 queued=1\n"
	    "device A refused superseded contoso/t/1 u:1 attempts=1\ndevice B queued contoso/t/1 u:2\n"
	    "tally contoso refused 1\ntally contoso queued 1\n"
	    "event 1 1000 unit_superseded agent|contoso||1|A|||it has become B\n"
	    "event 2 1000 unit_superseded agent|contoso||1|B|||it was A\n"
	    "event 3 1005 unit_taken_back agent|contoso||1|A|R1||taken back\n" },
	{ "said again before that",
	    REGISTERED("A") B_REPLACES_A B_REPLACES_A
	    "took 1:3known heldsupersede; unit contoso u B acme t 1; took 1:4known heldsupersede;"
	    "event x",
	    "se",
	    "supersede 1->2 A acme contoso/t/1\n"
	    "event 1 1000 unit_superseded agent|contoso||1|A|||it has become B\n"
	    "event 2 1000 unit_superseded agent|contoso||1|B|||it was A\n"
	    "event 3 1000 x uid 7||northwind|0||req|cor|what happened\n" },
	{ "and after",
	    REGISTERED("A") B_REPLACES_A "taken-back contoso A;" B_REPLACES_A
	                                 "took 1:3known queued",
	    "ds",
	    "device A refused superseded contoso/t/1 u:1 attempts=1\ndevice B queued contoso/t/1 u:3\n" },
	{ "on its way: its batch says what it is",
	    A_UNIT "claim 1 9;" B_REPLACES_A
	           "took 1:2 heldsupersede; !not-found taken-back contoso A",
	    "ds",
	    "device A submitted contoso/t/1 u:1\ndevice B held(supersede) contoso/t/1 u:2\n" },
	{ "settled", A_UNIT "claim 1 9;" B_REPLACES_A "settle 1 A registered ok", "dst",
	    "device A held(superseded) contoso/t/1 u:1 attempts=1\n"
	    "device B held(supersede) contoso/t/1 u:2\n"
	    "supersede 1->2 A acme contoso/t/1\ntally contoso held 2\n" },
	{ "its batch is given up", A_UNIT "claim 1 9;" B_REPLACES_A "dissolve 1", "ds",
	    "device A held(superseded) contoso/t/1 u:1\n"
	    "device B held(supersede) contoso/t/1 u:2\n"
	    "supersede 1->2 A acme contoso/t/1\n" },
	{ "failed, or queued again: nobody knows",
	    A_UNIT
	    "unit contoso u C acme t 1; claim 1 9; settle 1 A failed x 1; settle 1 C queued;" B_REPLACES_A
	    "took 1:3 heldsupersede; unit contoso u D acme t 1 C;"
	    "took 1:4 heldsupersede",
	    "s", "supersede 1->3 A acme contoso/t/1\nsupersede 2->4 C acme contoso/t/1\n" },
	{ "another organization has it", A_UNIT "claim 1 9; settle 1 A claimed x 1;" B_REPLACES_A,
	    "ds",
	    "device A refused superseded contoso/t/1 u:1 attempts=1\ndevice B queued contoso/t/1 u:2\n" },
	{ "neither list nor retry lets them go",
	    REGISTERED("A") B_REPLACES_A
	    "begin contoso; add 2 A acme t; add 3 B acme t; end 2;"
	    "retry customer=contoso; counted 0; unit contoso u A acme t 1;"
	    "took 1:3known heldsuperseded",
	    "ds",
	    "device A held(superseded) contoso/t/1 2.csv:2 attempts=1\n"
	    "device B held(supersede) contoso/t/1 2.csv:3\n"
	    "supersede 1->2 A acme contoso/t/1\n" },
	{ "it comes back as what it was",
	    A_UNIT B_REPLACES_A A_UNIT "took 1:3known queued; unit contoso u A acme t 1 B;"
	                               "took 1:4known queued",
	    "ds",
	    "device A queued contoso/t/1 u:4\ndevice B refused superseded contoso/t/1 u:2\n" },
	{ "before it was taken back",
	    REGISTERED("A") B_REPLACES_A "unit contoso u A acme t 1 B; took 1:3known queued", "ds",
	    "device A queued contoso/t/1 u:3\ndevice B refused superseded contoso/t/1 u:2\n" },
	{ "twice",
	    REGISTERED("A") B_REPLACES_A "unit contoso u C acme t 1 B;"
	                                 "took 1:3 heldsupersede",
	    "ds",
	    "device A held(superseded) contoso/t/1 u:1 attempts=1\n"
	    "device B refused superseded contoso/t/1 u:2\n"
	    "device C held(supersede) contoso/t/1 u:3\n"
	    "supersede 1->3 A acme contoso/t/1\n" },
	{ "two into one: it waits for both",
	    A_UNIT "unit contoso u C acme t 1; claim 1 9; settle 1 A registered ok;"
	           "settle 1 C registered ok;" B_REPLACES_A "unit contoso u B acme t 1 C;"
	           "taken-back contoso A",
	    "ds",
	    "device A refused superseded contoso/t/1 u:1 attempts=1\n"
	    "device C held(superseded) contoso/t/1 u:2 attempts=1\n"
	    "device B held(supersede) contoso/t/1 u:4\n"
	    "supersede 2->3 C acme contoso/t/1\n" },
	{ "one into two: both wait for it",
	    REGISTERED("A") B_REPLACES_A "unit contoso u C acme t 1 A; took 1:3 heldsupersede;"
	                                 "taken-back contoso A",
	    "ds",
	    "device A refused superseded contoso/t/1 u:1 attempts=1\ndevice B queued contoso/t/1 u:2\n"
	    "device C queued contoso/t/1 u:3\n" },
	{ "what was sent already goes on",
	    A_UNIT "unit contoso u B acme t 1; claim 1 9; settle 1 A registered ok;" B_REPLACES_A
	           "took 1:3known submitted; settle 1 B claimed x 1 - 5; ask contoso 9",
	    "ds",
	    "device A held(superseded) contoso/t/1 u:1 attempts=1\n"
	    "device B held(supersede) contoso/t/1 u:3\n"
	    "supersede 1->2 A acme contoso/t/1\n" },
	{ "a contest outlives it",
	    REGISTERED("A") "unit adatum u B acme t;" B_REPLACES_A
	                    "took 1:2 heldconflict; taken-back contoso A",
	    "ds",
	    "device A refused superseded contoso/t/1 u:1 attempts=1\ndevice B held(conflict) adatum/t u:1\n"
	    "device B held(conflict) contoso/t/1 u:2\n" },
	{ "of the same maker first",
	    "unit contoso u A acme; unit contoso u A bolt; unit contoso u B ACME - - A", "d",
	    "device A refused superseded contoso/ u:1\ndevice A queued contoso/ u:2\n"
	    "device B queued contoso/ u:3\n" },
	{ "else the newest",
	    "unit contoso u A acme; unit contoso u A bolt; unit contoso u B other - - A", "d",
	    "device A queued contoso/ u:1\ndevice A refused superseded contoso/ u:2\n"
	    "device B queued contoso/ u:3\n" },
	{ "nobody's, another customer's, its own, or not in yet",
	    "!not-found unit contoso u B acme t 1 A; unit adatum u A acme;"
	    "!not-found unit contoso u B acme t 1 A; !not-found unit adatum u a Acme - - A;"
	    "begin contoso; add 2 A acme t; !not-found unit contoso u B acme t 1 A",
	    "lds",
	    "list 2 contoso 2.csv rows=0 open queued=1\nlist 1 adatum u rows=1 queued=1\n"
	    "device A queued adatum/ u:1\ndevice A queued contoso/t 2.csv:2\n" },
	{ "one without a serial number",
	    "unit contoso u A acme t; unit contoso u - acme t - A - 111", "de",
	    "device A refused superseded contoso/t u:1\ndevice 111 queued contoso/t u:2\n"
	    "event 1 1000 unit_superseded agent|contoso||1|A|||it has become 111\n"
	    "event 2 1000 unit_superseded agent|contoso||1||||it was A\n" },
	{ "what was reported is reported again",
	    REGISTERED("A") "reported 1; unit contoso v B acme t 1 A; reported 1; reported 2;"
	                    "taken-back contoso A",
	    "l", "list 2 contoso v rows=1 queued=1\nlist 1 contoso u rows=1 done refused=1\n" },
};

static void
test_orders(void **state)
{
	(void)state;
	RUN(orders);
}

static void
test_units(void **state)
{
	(void)state;
	RUN(units);
}

static void
test_units_beside_a_list(void **state)
{
	(void)state;
	RUN(beside_a_list);
}

static void
test_contested_units(void **state)
{
	(void)state;
	RUN(contests);
}

static void
test_superseded_units(void **state)
{
	(void)state;
	RUN(superseded);
}

int
store_unit_cases_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_units_beside_a_list),
		cmocka_unit_test(test_contested_units),
		cmocka_unit_test(test_superseded_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
