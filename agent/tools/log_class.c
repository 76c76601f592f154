/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/log_class.h"

#include "agent/tools/log_key.h"

_Static_assert(NLOG_KEY <= 64, "keys are bits of a number");

#define TEXT(key) (UINT64_C(1) << LOG_TEXT_##key)
#define NUMBER(key) (UINT64_C(1) << LOG_NUMBER_##key)

static const struct log_class_info def[NLOG_CLASS] = {
	[LOG_READY] = {
		.name = "ready",
		.id = "47eaa0992cb6416d86dc283cf0480ff9",
		.level = LOG_LEVEL_INFO,
		.message = "ready",
		.meaning = "The agent has opened its configuration, its store and its sockets, "
		    "and works.",
	},
	[LOG_STOPPING] = {
		.name = "stopping",
		.id = "1509bb0a9bf143318a118783593942a4",
		.level = LOG_LEVEL_INFO,
		.message = "stopping",
		.meaning = "The agent was told to stop: what is on its way to a service gets a "
		    "few seconds to end. The next start goes on where this one ends.",
	},
	[LOG_STOP_TOOK_TOO_LONG] = {
		.name = "stop-took-too-long",
		.id = "f5ec52ed0108447592e1bc7656670b14",
		.level = LOG_LEVEL_ERROR,
		.message = "stopping took too long; what was in flight is asked for at the next "
		    "start",
		.meaning = "Something did not end within the time that a service manager gives, "
		    "so that the agent has ended at once. Nothing is lost.",
		.advice = "If it happens again, tell the developers what the log says before "
		    "it.",
	},
	[LOG_HANDLE_LEFT_OPEN] = {
		.name = "handle-left-open",
		.id = "59ba1b0d5c904158a909406c2e416788",
		.level = LOG_LEVEL_ERROR,
		.message = "something was left open at the end",
		.meaning = "A defect of the program: it ended with something open. Nothing is "
		    "lost.",
		.advice = "Tell the developers, with this line.",
		.keys = TEXT(WHAT),
	},
	[LOG_LINES_LOST] = {
		.name = "lines-lost",
		.id = "5d32fe61985f44e7aa095ee82bb29976",
		.level = LOG_LEVEL_WARNING,
		.message = "the log could not be written; lines are missing here",
		.meaning = "Whoever reads the log did not read for a while. The agent does not "
		    "wait for that: it goes on, and counts what it could not say.",
		.advice = "See why the log was not read: a pager that was left open, a stopped "
		    "journal, a full pipe.",
		.keys = NUMBER(LOST),
	},
	[LOG_NOT_ALIVE] = {
		.name = "not-alive",
		.id = "33af3e1e4ec147f593d266c7b16bbf2b",
		.level = LOG_LEVEL_ERROR,
		.message = "a part of the agent gives no sign of life",
		.meaning = "The loop runs, but registration does not get on. The watchdog is not "
		    "fed any more, so that the service manager restarts the agent. "
		    "Nothing is lost.",
		.advice = "See whether the disk of the state folder hangs. If it happens again "
		    "with a sound disk, tell the developers the reason.",
		.keys = TEXT(REASON),
	},
	[LOG_ALIVE_AGAIN] = {
		.name = "alive-again",
		.id = "da6892c25a8044cfb9f0221951869ac0",
		.level = LOG_LEVEL_INFO,
		.message = "all parts of the agent give signs of life again",
		.meaning = "What hung goes on; the watchdog is fed again.",
	},
	[LOG_MANAGER_NOT_TOLD] = {
		.name = "manager-not-told",
		.id = "c1e552160f174a29a587bdc7ed4ff484",
		.level = LOG_LEVEL_WARNING,
		.message = "the service manager could not be told how the agent is",
		.meaning = "It is told again the next time there is something to tell.",
		.keys = TEXT(ERROR),
	},
	[LOG_CONFIG_RELOADED] = {
		.name = "config-reloaded",
		.id = "9a1e40b458154a9999e2d15364c7a500",
		.level = LOG_LEVEL_INFO,
		.message = "the configuration was read again",
		.meaning = "The new configuration is in force.",
	},
	[LOG_CONFIG_REFUSED] = {
		.name = "config-refused",
		.id = "68b4aef73eaa4e179d8a4eace693ae2d",
		.level = LOG_LEVEL_ERROR,
		.message = "the old configuration stays in force",
		.meaning = "The configuration was to be read again, and is not right. The agent "
		    "goes on with the old one.",
		.advice = "Mend what the lines with event=config-problem name; `autoreg config "
		    "check` shows it too. Then run `autoreg reload`.",
		.keys = TEXT(ERROR),
	},
	[LOG_CONFIG_PROBLEM] = {
		.name = "config-problem",
		.id = "142c83647806457793e783e7eb04b39b",
		.level = LOG_LEVEL_ERROR,
		.message = "the configuration is not right",
		.meaning = "One thing that is wrong in the file, and where.",
		.advice = "Mend that line of the file.",
		.keys = NUMBER(COLUMN) | TEXT(ERROR) | TEXT(FILE) | NUMBER(LINE),
	},
	[LOG_CONFIG_UNUSABLE] = {
		.name = "config-unusable",
		.id = "3b041641178844f2a60df25453fe2e85",
		.level = LOG_LEVEL_ERROR,
		.message = "the new configuration cannot be used",
		.meaning = "The configuration is right, but what it needs is not there: a file "
		    "with a secret, a store. Nothing is sent until that is mended.",
		.advice = "Mend what the error names, and run `autoreg reload`.",
		.keys = TEXT(ERROR),
	},
	[LOG_CONFIG_PARTLY_USED] = {
		.name = "config-partly-used",
		.id = "00a154d85ed84bccb5c719c2add9ca88",
		.level = LOG_LEVEL_ERROR,
		.message = "the new configuration is in force only in part",
		.meaning = "Some of what the configuration names could not be opened. The rest "
		    "works.",
		.advice = "Mend what the error names, and run `autoreg reload`.",
		.keys = TEXT(ERROR),
	},
	[LOG_ORDER] = {
		.name = "order",
		.id = "c0290103855d4f5599ec8712e8e3574f",
		.level = LOG_LEVEL_INFO,
		.message = "an order was given",
		.meaning = "Somebody has told the agent to do something, on its control socket.",
		.keys = TEXT(ACTOR) | TEXT(CUSTOMER) | TEXT(ORDER) | TEXT(PARTNER),
	},
	[LOG_LIST_TAKEN_IN] = {
		.name = "list-taken-in",
		.id = "6e704245a4ff41e3a7949b80dcb0b82e",
		.level = LOG_LEVEL_INFO,
		.message = "list taken in",
		.meaning = "A list was read, and its devices are in the store: from now on they "
		    "survive a crash.",
		.keys = TEXT(CUSTOMER) | NUMBER(DEVICES) | TEXT(FILE) | NUMBER(LIST) |
		    NUMBER(REFUSED),
	},
	[LOG_LIST_NOT_TAKEN_IN] = {
		.name = "list-not-taken-in",
		.id = "de1b1471320a48eab7a788d106762832",
		.level = LOG_LEVEL_ERROR,
		.message = "list not taken in",
		.meaning = "A list could not be taken in because of this machine, not because of "
		    "what is in the list.",
		.advice = "Mend what the error names, most often a disk or rights. The list is "
		    "taken in when it is given again.",
		.keys = TEXT(CUSTOMER) | TEXT(ERROR) | TEXT(FILE) | NUMBER(LIST),
	},
	[LOG_LIST_REJECTED] = {
		.name = "list-rejected",
		.id = "4350cc1721e54f21acd552a09ddbef12",
		.level = LOG_LEVEL_WARNING,
		.message = "not a list",
		.meaning = "The file is not a device list that the agent understands. It was put "
		    "among the rejected ones.",
		.advice = "`autoreg check FILE` says what is wrong with it.",
		.keys = TEXT(CUSTOMER) | TEXT(ERROR) | TEXT(FILE),
	},
	[LOG_LIST_STUCK] = {
		.name = "list-stuck",
		.id = "9ed89eddd6844325b600e6129ec04ece",
		.level = LOG_LEVEL_ERROR,
		.message = "a list could not be put back",
		.meaning = "A list was not taken in, and could not be put back to where it came "
		    "from. It is taken in at the next start.",
		.advice = "Mend what the error names.",
		.keys = TEXT(CUSTOMER) | TEXT(ERROR) | TEXT(FILE) | NUMBER(LIST),
	},
	[LOG_LIST_FORGOTTEN] = {
		.name = "list-forgotten",
		.id = "627bf3225fac4cb6a34acb115ee347dd",
		.level = LOG_LEVEL_ERROR,
		.message = "a list is forgotten whose customer is not configured any more",
		.meaning = "The agent ended while it took in a list, and its customer is not in "
		    "the configuration now.",
		.advice = "Put the customer back into the configuration and give the list "
		    "again, if its devices matter.",
		.keys = TEXT(CUSTOMER) | TEXT(FILE) | NUMBER(LIST),
	},
	[LOG_LIST_NOT_RESUMED] = {
		.name = "list-not-resumed",
		.id = "a930d55d954540f3ae889fe46f2c7a8c",
		.level = LOG_LEVEL_ERROR,
		.message = "a list that a crash has left could not be taken up",
		.meaning = "It is tried again at the next start.",
		.advice = "Mend what the error names, and start the agent again.",
		.keys = TEXT(CUSTOMER) | TEXT(ERROR) | TEXT(FILE) | NUMBER(LIST),
	},
	[LOG_LIST_DONE] = {
		.name = "list-done",
		.id = "43f2f1936e854f08b5927b0fe339d309",
		.level = LOG_LEVEL_INFO,
		.message = "list done",
		.meaning = "Each device of the list is registered, refused, or waits for a "
		    "person. The report says which.",
		.keys = NUMBER(LIST),
	},
	[LOG_SPOOL_TROUBLE] = {
		.name = "spool-trouble",
		.id = "990d3cd8381d422f850c86bd84e0164b",
		.level = LOG_LEVEL_ERROR,
		.message = "the spool cannot be read",
		.meaning = "No lists come in from there until that is mended. It is tried again "
		    "by itself.",
		.advice = "Mend what the error names: the folder, its rights, the limits for "
		    "inotify.",
		.keys = TEXT(ERROR),
	},
	[LOG_SPOOL_STRANGER] = {
		.name = "spool-stranger",
		.id = "e07cb5793e7f497bbcc1c0c8b0cdf20a",
		.level = LOG_LEVEL_WARNING,
		.message = "the spool has a folder of no configured customer; its lists are left "
		    "alone",
		.meaning = "Folders of the spool have the names of customers. This one has not.",
		.advice = "Rename the folder, or add the customer to the configuration.",
		.keys = TEXT(FOLDER),
	},
	[LOG_REPORT_NOT_WRITTEN] = {
		.name = "report-not-written",
		.id = "78f6d82486ea4214b5c34e7e77ca4499",
		.level = LOG_LEVEL_ERROR,
		.message = "no report",
		.meaning = "The report of a list could not be written. It is tried again by "
		    "itself.",
		.advice = "Mend what the error names, most often a disk or rights.",
		.keys = TEXT(ERROR) | NUMBER(LIST),
	},
	[LOG_BATCH_ANSWERED] = {
		.name = "batch-answered",
		.id = "1dcd327f761e47cbbb7e8913655c1d15",
		.level = LOG_LEVEL_INFO,
		.message = "batch answered",
		.meaning = "A service has answered for a batch of devices.",
		.keys = NUMBER(BATCH_ID) | TEXT(CUSTOMER) | TEXT(OUTCOME) |
		    TEXT(REQUEST_ID) | NUMBER(SETTLED),
	},
	[LOG_BATCH_DELAYED] = {
		.name = "batch-delayed",
		.id = "9672be1a7fed4bb9a92fa271dbc52933",
		.level = LOG_LEVEL_WARNING,
		.message = "batch delayed",
		.meaning = "A service did not take a batch, or could not say what became of it. "
		    "The agent tries again by itself, as the service wishes.",
		.advice = "Nothing, unless it goes on for long: then look at outcome, code and "
		    "error, and ask the service's support with the request_id.",
		.keys = NUMBER(BATCH_ID) | TEXT(CODE) | TEXT(CUSTOMER) | TEXT(ERROR) |
		    NUMBER(HTTP_STATUS) | TEXT(OUTCOME) | TEXT(REQUEST_ID),
	},
	[LOG_HELD] = {
		.name = "held",
		.id = "c44a66f4cf2543469cbe4f50bdbcda98",
		.level = LOG_LEVEL_ERROR,
		.message = "held",
		.meaning = "Nothing of this scope is sent until somebody has acted.",
		.advice = "Do what the error says. `autoreg status` shows what is held, "
		    "`autoreg retry` lets it go at once.",
		.keys = TEXT(ERROR) | TEXT(REASON) | TEXT(SCOPE),
	},
	[LOG_CLAIMS_ASKED_AGAIN] = {
		.name = "claims-asked-again",
		.id = "1e2ed6cb64704f1f934b8db4b18fbdb1",
		.level = LOG_LEVEL_INFO,
		.message = "claims are asked about again",
		.meaning = "Devices that other organizations hold are asked about once more.",
		.keys = TEXT(CUSTOMER) | NUMBER(DEVICES),
	},
	[LOG_CLAIMS_NOT_ASKED] = {
		.name = "claims-not-asked",
		.id = "4f859933fdf0445f97e485b6761978dd",
		.level = LOG_LEVEL_ERROR,
		.message = "claims are asked about later",
		.meaning = "The store could not be asked. It is tried again by itself.",
		.advice = "Mend what the error names.",
		.keys = TEXT(CUSTOMER) | TEXT(ERROR),
	},
	[LOG_UNIT_TAKEN_BACK] = {
		.name = "unit-taken-back",
		.id = "2e460a9618944a2399855162fd0b00ea",
		.level = LOG_LEVEL_INFO,
		.message = "a superseded unit is taken back",
		.meaning = "The service does not hold the unit any more that another one has "
		    "replaced.",
		.keys = TEXT(CUSTOMER) | TEXT(REQUEST_ID),
	},
	[LOG_UNIT_NOT_TAKEN_BACK] = {
		.name = "unit-not-taken-back",
		.id = "310a853eec9a42f28ea9877af376bc25",
		.level = LOG_LEVEL_WARNING,
		.message = "a superseded unit is not taken back yet",
		.meaning = "It is tried again by itself.",
		.keys = TEXT(CUSTOMER) | TEXT(ERROR) | NUMBER(HTTP_STATUS) | TEXT(OUTCOME) |
		    TEXT(REQUEST_ID),
	},
	[LOG_UNIT_TO_TAKE_BACK] = {
		.name = "unit-to-take-back",
		.id = "64e752cc93a948b681f72b0a43c20f56",
		.level = LOG_LEVEL_WARNING,
		.message = "a superseded unit has to be taken back by hand: its service takes "
		    "nothing back",
		.meaning = "A unit was replaced by another one, and the service still holds it.",
		.advice = "Remove the device by hand, where the service lets people do that.",
		.keys = TEXT(CUSTOMER),
	},
	[LOG_CONSENT_CHANGED] = {
		.name = "consent-changed",
		.id = "bbb3a32acf00477cba674d0a5fd11a32",
		.level = LOG_LEVEL_INFO,
		.message = "consent has changed",
		.meaning = "A customer has given its consent, or has withdrawn it.",
		.keys = TEXT(CUSTOMER) | TEXT(REQUEST_ID) | TEXT(STATE) | TEXT(WAS),
	},
	[LOG_CONSENT_UNKNOWN] = {
		.name = "consent-unknown",
		.id = "79ded9f207d3436c905bdd8f4ed3d99e",
		.level = LOG_LEVEL_WARNING,
		.message = "consent is not known",
		.meaning = "The service could not be asked whether the customer has given its "
		    "consent. It is tried again by itself.",
		.keys = TEXT(CUSTOMER) | TEXT(ERROR),
	},
	[LOG_LINK_UNKNOWN] = {
		.name = "link-unknown",
		.id = "8a9e1df7e771476ead783715ee6f7a8f",
		.level = LOG_LEVEL_WARNING,
		.message = "the link for customers is not known",
		.meaning = "The service could not be asked for the link by which customers give "
		    "their consent. It is tried again by itself.",
		.keys = TEXT(ERROR) | TEXT(SCOPE),
	},
	[LOG_SIGNED_IN] = {
		.name = "signed-in",
		.id = "9e180bf5c37e41e2a9fa541c228a3129",
		.level = LOG_LEVEL_INFO,
		.message = "signed in",
		.meaning = "Somebody has signed in for this partner.",
		.keys = TEXT(ACCOUNT) | TEXT(PARTNER),
	},
	[LOG_NOT_SIGNED_IN] = {
		.name = "not-signed-in",
		.id = "20b81d7f8e9e4bb8b4a37b2b926271f2",
		.level = LOG_LEVEL_WARNING,
		.message = "not signed in",
		.meaning = "Somebody was to sign in for this partner, and it did not come to "
		    "that.",
		.advice = "Run `autoreg login PARTNER` again.",
		.keys = TEXT(ERROR) | TEXT(PARTNER),
	},
	[LOG_SIGN_IN_ENDING] = {
		.name = "sign-in-ending",
		.id = "aafaf84bafd848d387f336da84c6a400",
		.level = LOG_LEVEL_ERROR,
		.message = "a sign-in is about to end",
		.meaning = "It could not be renewed. When it has ended nothing is sent for this "
		    "partner.",
		.advice = "Run `autoreg login PARTNER`, or mend what keeps it from being "
		    "renewed.",
		.keys = TEXT(ENDS) | TEXT(PARTNER),
	},
	[LOG_SIGN_IN_LOST] = {
		.name = "sign-in-lost",
		.id = "38bf8cc279b54a73838e4a118913c782",
		.level = LOG_LEVEL_ERROR,
		.message = "the sign-in has to be repeated",
		.meaning = "The service does not accept what it gave any more, or it does not open with "
		    "the seal key. Nothing is sent for this partner.",
		.advice = "Run `autoreg login PARTNER`.",
		.keys = TEXT(ERROR) | TEXT(PARTNER),
	},
	[LOG_SIGN_IN_NOT_RENEWED] = {
		.name = "sign-in-not-renewed",
		.id = "d38cf73419a74ae4bdf3bae7d3f28783",
		.level = LOG_LEVEL_WARNING,
		.message = "the sign-in could not be renewed",
		.meaning = "It is still valid, and is tried again by itself.",
		.keys = TEXT(ERROR) | TEXT(PARTNER),
	},
	[LOG_CERTIFICATE_ENDING] = {
		.name = "certificate-ending",
		.id = "61796ac410554b629804abbec2b8c1c5",
		.level = LOG_LEVEL_ERROR,
		.message = "a certificate is about to end",
		.meaning = "When it has ended the maker's service does not let the agent in.",
		.advice = "Put a new one in its place, and run `autoreg reload`.",
		.keys = TEXT(ERROR) | TEXT(SCOPE),
	},
	[LOG_KEY_DOES_NOT_SIGN] = {
		.name = "key-does-not-sign",
		.id = "00605e01b0e74f169e4e3629f0e3b04d",
		.level = LOG_LEVEL_ERROR,
		.message = "a private key does not sign",
		.meaning = "A key in a token or a TPM was tried at the start, and did not sign or is "
		    "not the certificate's. Without it there are no tokens for the service.",
		.advice = "Mend what the error says. A token or TPM that is back is used by itself; "
		    "after anything else run `autoreg reload`.",
		.keys = TEXT(ERROR) | TEXT(SCOPE),
	},
	[LOG_HOOK_SAID] = {
		.name = "hook-said",
		.id = "95655d03be614ea4bf28bbfa4dee94f9",
		.level = LOG_LEVEL_WARNING,
		.message = "a hook said",
		.meaning = "A hook has failed, and this is a line that it wrote.",
		.advice = "Mend the hook.",
		.keys = TEXT(ERROR) | TEXT(HOOK),
	},
	[LOG_HOOK_NOT_TOLD] = {
		.name = "hook-not-told",
		.id = "e5600642060d4a21a64b88b0402db603",
		.level = LOG_LEVEL_WARNING,
		.message = "a hook was not told",
		.meaning = "A hook could not be told of an event. It is tried again by itself, a "
		    "few times.",
		.keys = NUMBER(ATTEMPT) | TEXT(ERROR) | TEXT(KIND) | NUMBER(TRAIL_ID),
	},
	[LOG_HOOK_GIVEN_UP] = {
		.name = "hook-given-up",
		.id = "3c0eea6699184b1dbee7a16b0a6bf830",
		.level = LOG_LEVEL_ERROR,
		.message = "a hook was given up",
		.meaning = "A hook could not be told of an event, however often it was tried. "
		    "The events after it are told.",
		.advice = "Mend the hook. What it has missed is in `autoreg events`.",
		.keys = NUMBER(ATTEMPT) | TEXT(ERROR) | TEXT(KIND) | NUMBER(TRAIL_ID),
	},
	[LOG_HOOK_PLACE_LOST] = {
		.name = "hook-place-lost",
		.id = "efdeed7f9f6f4756a0cda0172bac7c60",
		.level = LOG_LEVEL_ERROR,
		.message = "the hooks cannot note how far they are",
		.meaning = "After the next start an event may be told twice.",
		.advice = "Mend what the error names, most often a disk.",
		.keys = TEXT(ERROR),
	},
	[LOG_STORE_FAILED] = {
		.name = "store-failed",
		.id = "fb474e95e2f04826ba9153bde3221553",
		.level = LOG_LEVEL_ERROR,
		.message = "the store has failed",
		.meaning = "What was to be read or written is tried again by itself.",
		.advice = "Mend what the error names, most often a full disk.",
		.keys = TEXT(ERROR) | TEXT(PARTNER) | TEXT(SCOPE) | TEXT(WHAT),
	},
	[LOG_TRAIL_UNREADABLE] = {
		.name = "trail-unreadable",
		.id = "980f951ce3924fcdb6d4d9b1cac733f4",
		.level = LOG_LEVEL_ERROR,
		.message = "the hooks cannot read what happened",
		.meaning = "It is tried again by itself.",
		.advice = "Mend what the error names, most often a disk.",
		.keys = TEXT(ERROR),
	},
	[LOG_TRAIL_INCOMPLETE] = {
		.name = "trail-incomplete",
		.id = "7acfa1b61d3143abbd3f3fbf902456cf",
		.level = LOG_LEVEL_WARNING,
		.message = "the trail does not tell of it",
		.meaning = "Something has happened that `autoreg events` will not show.",
		.advice = "Mend what the error names, most often a disk.",
		.keys = TEXT(ERROR) | TEXT(WHAT),
	},
	[LOG_NOT_STARTED] = {
		.name = "not-started",
		.id = "e85a57fc9b3944c1be127b35baaa7b43",
		.level = LOG_LEVEL_ERROR,
		.message = "something could not be started",
		.meaning = "It is tried again by itself.",
		.advice = "If it happens again, see whether this machine is short of memory or "
		    "descriptors.",
		.keys = NUMBER(BATCH_ID) | TEXT(CUSTOMER) | TEXT(ERROR) | TEXT(PARTNER) |
		    TEXT(SCOPE) | TEXT(WHAT),
	},
	[LOG_NO_MEMORY] = {
		.name = "no-memory",
		.id = "4e64eff0ad5243c38c411c6db644c0fe",
		.level = LOG_LEVEL_ERROR,
		.message = "out of memory",
		.meaning = "What was left undone is done at the next start.",
		.advice = "Give the agent more memory, and start it again.",
		.keys = NUMBER(BATCH_ID) | NUMBER(LIST) | TEXT(WHAT),
	},
};

const struct log_class_info *
log_class_info(enum log_class which)
{
	return &def[which];
}

struct log_record
log_class_record(enum log_class which)
{
	const struct log_class_info *c = log_class_info(which);

	return (struct log_record){
		.level = c->level,
		.event = c->name,
		.id = c->id,
		.message = c->message,
	};
}
