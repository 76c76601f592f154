/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/finding.h"

#include <assert.h>

/*
 * What the texts say about the service is documented or was seen in practice; where nobody knows,
 * they say so. Source: sources.md#finding-severity, #merge-script
 */
static const struct finding_info table[NFINDING] = {
	[FINDING_NOT_A_LIST] = {
		.code = "not-a-list",
		.severity = SEVERITY_ERROR,
		.title = "no device list",
		.advice = "Bring the list as a text file with commas between the columns: export it as "
		"CSV (UTF-8) from the program that made it.",
		.explain = "The file is something other than a table of devices: a workbook, an archive,\n"
		"a picture, a web page, a JSON profile, a program. The message says what it\n"
		"looks like.\n\n"
		"A workbook that was renamed to .csv stays a workbook. The archive that a\n"
		"device's diagnostics page exports has the list inside: unpack it first.\n"
		"Corporate device identifiers and DeviceLink files are lists, but of another\n"
		"feature: they register nothing in Autopilot.\n\n"
		"Intune's page refuses a file that it cannot read as a whole and names no\n"
		"row.\n\n"
		"autoreg takes nothing from the file and goes on with the others.\n",
	},
	[FINDING_LIST_EMPTY] = {
		.code = "list-empty",
		.severity = SEVERITY_ERROR,
		.title = "list without devices",
		.advice = "Check that the export or the collecting script really wrote its rows, and "
		"make the list again.",
		.explain = "The file has no row of data: it is empty, or holds headings, blank lines and\n"
		"comments only.\n\n"
		"A script writes such a file when it could read no device, a report when its\n"
		"filter matched nothing. In a merge of a whole folder nobody notices.\n\n"
		"autoreg reports it as an error, since whoever sent the list expected devices\n"
		"to come of it.\n",
	},
	[FINDING_COLUMNS_UNKNOWN] = {
		.code = "columns-unknown",
		.severity = SEVERITY_ERROR,
		.title = "columns not recognised",
		.advice = "Give the columns a heading row such as \"Device Serial Number,Windows Product "
		"ID,Hardware Hash\". For headings of your own, or a list without any, say with "
		"--columns what each column holds.",
		.explain = "autoreg could not find out which column holds what: no heading row is known,\n"
		"two headings mean the same column, or no column can identify a device (a\n"
		"hardware hash, a product id or a serial number).\n\n"
		"Exports of an ERP system or a packing line have headings of their own. Lists\n"
		"without a heading row are understood only where the values leave no doubt.\n"
		"Three columns without headings and without a hash are never guessed at: they\n"
		"may be manufacturer, model and serial number, or corporate device\n"
		"identifiers, which are another feature.\n\n"
		"Intune's page answers a wrong heading row by refusing the whole file.\n"
		"Whether Partner Center goes by the headings or by the order of the columns\n"
		"is not documented.\n\n"
		"autoreg takes nothing from the file.\n",
	},
	[FINDING_ENCODING_MIXED] = {
		.code = "encoding-mixed",
		.severity = SEVERITY_ERROR,
		.title = "two encodings in one file",
		.advice = "Make the list again, or convert its parts to one encoding before they are "
		"put together. Do not append to a list with another tool than the one that "
		"began it.",
		.explain = "The file begins in one encoding and goes on in another, so that it is not\n"
		"one text. The message gives the byte at which the other one begins.\n\n"
		"The usual cause is a list of plain text to which Windows PowerShell appended\n"
		"rows with Out-File or \">>\": it writes UTF-16. Joining files of different\n"
		"encodings with \"copy a.csv + b.csv\" does the same.\n\n"
		"What comes behind that byte cannot be read reliably, and a guess might\n"
		"change serial numbers. autoreg stops there and reports the file as failed.\n",
	},
	[FINDING_ENCODING_CUT] = {
		.code = "encoding-cut",
		.severity = SEVERITY_WARNING,
		.title = "end of the file lost",
		.advice = "Compare the number of devices with the source, and copy the file again if "
		"any are missing.",
		.explain = "The file ends in a run of NUL bytes. The text before it was read completely.\n\n"
		"Files look like this when a copy was broken off: a flash drive that was\n"
		"pulled too early, a full disk, a power cut. The space was reserved but the\n"
		"content never written, so rows may be missing at the end.\n\n"
		"autoreg takes the rows that are there. It cannot know how many there should\n"
		"be.\n",
	},
	[FINDING_UNREADABLE] = {
		.code = "unreadable",
		.severity = SEVERITY_ERROR,
		.title = "file cannot be read",
		.advice = "Check the name and the access rights of the file, and that its disk or share "
		"is reachable.",
		.explain = "The file could not be opened, or reading it failed on the way. The message\n"
		"is that of the operating system.\n\n"
		"A list on a network share or a flash drive that has gone away fails in the\n"
		"middle. autoreg does not pretend that the rows read so far were all.\n\n"
		"autoreg goes on with the other files. The exit status tells that one failed.\n",
	},
	[FINDING_HEADING_MISSING] = {
		.code = "heading-missing",
		.severity = SEVERITY_WARNING,
		.title = "list without headings",
		.advice = "Check that the columns were recognised rightly. To be sure, give the list a "
		"heading row.",
		.explain = "The list begins with data. autoreg recognised the columns by their values,\n"
		"such as a hardware hash in the third of three columns; the message says as\n"
		"which format.\n\n"
		"Lists lose their heading row when rows are copied out of a larger file, or\n"
		"when a script deletes it. A tool that takes the first row for headings then\n"
		"loses the first device; autoreg does not.\n\n"
		"The rows are taken. Nothing is guessed where the values are ambiguous: that\n"
		"is columns-unknown.\n",
	},
	[FINDING_TAG_NOT_WRITTEN] = {
		.code = "tag-not-written",
		.severity = SEVERITY_WARNING,
		.title = "group tag has no column",
		.advice = "Give the group tag as group name when the file is uploaded, and split the "
		"list by tag if it holds several.",
		.explain = "The list has group tags, but the format that is being written has no column\n"
		"for them.\n\n"
		"In Partner Center the tag is the group name, typed once for each upload.\n"
		"Devices that are uploaded under another name, or none, are registered all\n"
		"the same but do not get the profile that depends on the tag.\n\n"
		"autoreg writes the devices without their tags and says so.\n",
	},
	[FINDING_SAMPLE_DATA] = {
		.code = "sample-data",
		.severity = SEVERITY_ERROR,
		.title = "sample row of a template",
		.advice = "Delete the row. It is an example and describes no device.",
		.explain = "A value in the row is one of the examples that Microsoft ships in its list\n"
		"templates: the manufacturer SpiralOrbit, the model ContosoABC, the serial\n"
		"numbers 000000000000 and R9-ZNP67, example product ids and two example\n"
		"hashes.\n\n"
		"People fill in the template below the example and leave the example\n"
		"standing. A single cell left over is enough to be noticed, whatever the\n"
		"others hold.\n\n"
		"For the template of Microsoft Managed Desktop it is documented that the\n"
		"registration of such a row fails.\n\n"
		"autoreg refuses the row and goes on with the next.\n",
	},
	[FINDING_HEADER_ROW] = {
		.code = "header-row",
		.severity = SEVERITY_ERROR,
		.title = "heading row among the data",
		.advice = "Nothing is lost. Delete the row if the list is also used elsewhere.",
		.explain = "A row in the middle of the list holds column headings instead of values.\n\n"
		"Lists that were joined file by file bring one heading row for each file.\n"
		"Reports of Configuration Manager can have one for each region.\n\n"
		"A tool that does not look takes the row for a device, whose serial number is\n"
		"then \"Device Serial Number\". The service would answer 803,\n"
		"MissingZtdSerialNumberAndProductKey, or find no such device.\n\n"
		"autoreg does not take the row as a device. If its columns differ from those\n"
		"before, the rows after it are read by the new headings.\n",
	},
	[FINDING_COLUMN_COUNT] = {
		.code = "column-count",
		.severity = SEVERITY_ERROR,
		.title = "wrong number of cells",
		.advice = "Compare the row with the headings. Look for a comma inside a value, and "
		"write that value in quotes or without the comma.",
		.explain = "The row has fewer cells than the heading row, or more cells that are not\n"
		"empty. Which value belongs to which column is then not certain.\n\n"
		"The collecting script deletes all quotes from its output, so a comma inside\n"
		"a value (VMware calls itself \"VMware, Inc.\") becomes a column border and\n"
		"moves everything behind it. Rows appended with other switches of the script\n"
		"are shorter or longer, too.\n\n"
		"A shifted row names a device that does not exist, or one that belongs to\n"
		"somebody else.\n\n"
		"autoreg refuses the row rather than guess. Surplus cells that are empty do\n"
		"no harm.\n",
	},
	[FINDING_NO_IDENTITY] = {
		.code = "no-identity",
		.severity = SEVERITY_ERROR,
		.title = "nothing identifies the device",
		.advice = "Complete the row: a hardware hash, or a product id of 13 digits, or serial "
		"number, manufacturer and model together.",
		.explain = "The row has none of the three things by which the service finds a device: a\n"
		"hardware hash, a product id (PKID), or the full set of serial number,\n"
		"manufacturer and model.\n\n"
		"The collecting script leaves the product id empty, always. With its switch\n"
		"for partners it leaves manufacturer and model empty as well, unless the hash\n"
		"could not be read. A row whose hash was then removed has only a serial\n"
		"number.\n\n"
		"The service would answer 803, MissingZtdSerialNumberAndProductKey, or find\n"
		"no such device.\n\n"
		"autoreg refuses the row.\n",
	},
	[FINDING_ROW_TOO_LONG] = {
		.code = "row-too-long",
		.severity = SEVERITY_ERROR,
		.title = "row beyond all measure",
		.advice = "Look at the place: usually a line end is missing or a quote is never closed. "
		"Make the list again from its source.",
		.explain = "One row is longer than 256 KiB. A row with a hardware hash has some 4,100\n"
		"characters.\n\n"
		"Either the line ends are lost, so that a whole file is one row, or the file\n"
		"is no list after that point.\n\n"
		"autoreg does not read the row and goes on with the next line.\n",
	},
	[FINDING_UNCLOSED_QUOTE] = {
		.code = "unclosed-quote",
		.severity = SEVERITY_ERROR,
		.title = "quote without an end",
		.advice = "Add the missing quote at the end of the value, or remove the one at its "
		"beginning.",
		.explain = "A value begins with a quote, and no closing quote follows where one could\n"
		"be. By the rules of CSV the value would run on into the next rows and\n"
		"swallow them.\n\n"
		"It happens when a value is cut, when one quote is deleted by hand, or when a\n"
		"value really begins with the sign for inches.\n\n"
		"autoreg ends the row at the end of its line, refuses that row alone, and\n"
		"reads the next line as a row of its own.\n",
	},
	[FINDING_DUPLICATE] = {
		.code = "duplicate",
		.severity = SEVERITY_INFO,
		.title = "device named twice",
		.advice = "Nothing needs to be done. The device is taken once.",
		.explain = "An earlier or later row names the same device. The message says which.\n\n"
		"A folder in which the usual merge script has run twice holds every device\n"
		"doubled. Devices that were captured again appear with two hashes, which\n"
		"differ, because a hash holds the time of its capture.\n\n"
		"A device that is sent twice in one upload is answered with\n"
		"ZtdDeviceDuplicated for one of the two.\n\n"
		"autoreg keeps one row: of two captures the newer one, otherwise the first.\n"
		"The other row is dropped and counted.\n",
	},
	[FINDING_CONFLICT] = {
		.code = "conflict",
		.severity = SEVERITY_ERROR,
		.title = "one identity, two devices",
		.advice = "Find out which row is right and delete the other. For a virtual machine or a "
		"replaced board, capture the hash again on the device.",
		.explain = "Two rows claim to be the same device by serial number and manufacturer or\n"
		"UUID, but their hashes come from different hardware: neither the UUID nor\n"
		"the key of the TPM is the same in both.\n\n"
		"Rows were mixed up when lists were merged by hand, a serial number was typed\n"
		"or copied wrongly, a mainboard was replaced, or a virtual machine was\n"
		"cloned.\n\n"
		"What the service makes of such a pair is not documented. At worst the wrong\n"
		"machine is registered.\n\n"
		"autoreg takes neither of the two rows, wherever they stand, and names both\n"
		"places.\n",
	},
	[FINDING_SHARED_IDENTITY] = {
		.code = "shared-identity",
		.severity = SEVERITY_WARNING,
		.title = "two devices, one UUID",
		.advice = "Check that both devices exist. If they do, ask the manufacturer about the "
		"identity in the firmware.",
		.explain = "Two rows with different serial numbers have the same UUID in their hashes.\n"
		"It is meant to be unique.\n\n"
		"One row may be a copy in which the serial number was changed. Some\n"
		"manufacturers have shipped boards that all have the same UUID, and cloned\n"
		"virtual machines keep theirs.\n\n"
		"How the service tells such devices apart is not documented.\n\n"
		"autoreg takes both rows.\n",
	},
	[FINDING_SHORT_SERIALS] = {
		.code = "short-serials",
		.severity = SEVERITY_WARNING,
		.title = "serial numbers that may lack zeros",
		.advice = "Compare the short serial numbers with the devices. If zeros are missing, take "
		"the list from its source again without a spreadsheet.",
		.explain = "Nearly all serial numbers of the list that are numbers have the same count of\n"
		"digits, and a few have less. No hash tells what they should be.\n\n"
		"Spreadsheets take such serial numbers for numbers and drop the zeros at their\n"
		"beginning. The message tells the line of the first one.\n\n"
		"A serial number that lacks a digit is another one: the service finds no such\n"
		"device (812, ZtdDeviceNotFound).\n\n"
		"autoreg takes the rows as they are, since it cannot know. Where a hash proves\n"
		"the serial number, the zeros are restored instead (leading-zeros).\n",
	},
	[FINDING_VALUE_NOT_WRITABLE] = {
		.code = "value-not-writable",
		.severity = SEVERITY_ERROR,
		.title = "value does not fit the format",
		.advice = "Change the value in the source so that it has no comma, quote or line break, "
		"or convert to a format with quotes.",
		.explain = "A value of the device holds a comma, a quote or a line break. The output\n"
		"format that was asked for is written without quotes, so the value would look\n"
		"like two columns.\n\n"
		"Manufacturer names such as \"VMware, Inc.\" and free text in group tags are\n"
		"the usual cases.\n\n"
		"Intune's page does not take files with quotation marks at all, and the\n"
		"values may not be changed either, because they must match what the firmware\n"
		"says.\n\n"
		"autoreg convert leaves the device out and says which value it is.\n",
	},
	[FINDING_HASH_NOT_BASE64] = {
		.code = "hash-not-base64",
		.severity = SEVERITY_ERROR,
		.title = "hash with a foreign character",
		.advice = "Take the hash from its source again without retyping or wrapping it. If the "
		"source has the same text, capture it again on the device.",
		.explain = "The hardware hash holds a character that base64 does not have; the message\n"
		"says at which position. A hash consists of the letters A to Z and a to z,\n"
		"the digits, \"+\" and \"/\".\n\n"
		"Somebody or something changed the text: a mail program wrapped or encoded\n"
		"it, a spreadsheet replaced it, two columns ran into each other, or the cell\n"
		"holds something else altogether.\n\n"
		"Intune answers the whole import with HTTP 400 (\"Cannot convert the literal\n"
		"... to the expected type 'Edm.Binary'\"), the good rows included.\n\n"
		"autoreg refuses this row alone. Blanks and line breaks inside a hash are no\n"
		"error; they are mended as hash-noncanonical.\n",
	},
	[FINDING_HASH_NOT_OA] = {
		.code = "hash-not-oa",
		.severity = SEVERITY_ERROR,
		.title = "not a hardware hash",
		.advice = "Check that the right column was exported, and capture the hash again with "
		"Get-WindowsAutopilotInfo.",
		.explain = "The text is base64, but what it encodes is not a hardware hash. A hash is\n"
		"not a digest but a small inventory of the device, and it always begins with\n"
		"the letters \"OA\" (as text: \"T0\").\n\n"
		"The cell usually holds another value that looks alike: a certificate, a TPM\n"
		"key, a digest, the value of another column.\n\n"
		"The service would answer 802, InvalidZtdHardwareHash.\n\n"
		"autoreg refuses the row.\n",
	},
	[FINDING_HASH_TRUNCATED] = {
		.code = "hash-truncated",
		.severity = SEVERITY_ERROR,
		.title = "hash cut short",
		.advice = "Get the list again from its source, or capture the hash again on the device. "
		"The missing part cannot be restored.",
		.explain = "The hash begins well and ends too early: it says itself how long it is, and\n"
		"bytes are missing.\n\n"
		"Databases and spreadsheets have limits for the length of a cell. If all\n"
		"hashes of a list have the same round length (255, 1,024, 2,048 characters),\n"
		"a tool on the way has cut them. A single short one was cut when it was\n"
		"copied.\n\n"
		"The service would answer 802, InvalidZtdHardwareHash, or, when the length is\n"
		"no multiple of four, Intune would refuse the whole import with HTTP 400.\n\n"
		"autoreg refuses the row. Hashes that only lack some of the filler at their\n"
		"end are whole and are mended as hash-noncanonical.\n",
	},
	[FINDING_HASH_MALFORMED] = {
		.code = "hash-malformed",
		.severity = SEVERITY_ERROR,
		.title = "hash damaged inside",
		.advice = "Get the list again from its source, or capture the hash again on the device.",
		.explain = "The hash begins like one and is long enough, but its records do not add up:\n"
		"one is shorter than its own head, runs over the end, or the checksum record\n"
		"is not where it belongs. The message gives the byte.\n\n"
		"Characters were lost, added or moved: the parts of a wrapped text were\n"
		"joined in the wrong order, or a piece in the middle is missing.\n\n"
		"The service would answer 802, InvalidZtdHardwareHash.\n\n"
		"autoreg refuses the row.\n",
	},
	[FINDING_HASH_CHECKSUM] = {
		.code = "hash-checksum",
		.severity = SEVERITY_ERROR,
		.title = "hash was changed",
		.advice = "Get the list again from its source, or capture the hash again on the device.",
		.explain = "The hash has the right form, but its own checksum (SHA-256) does not match\n"
		"its content. At least one character differs from what the device reported.\n\n"
		"A changed letter does it: text that went through a program which changes\n"
		"capitals, a value corrected by hand, two rows spliced together.\n\n"
		"The service would answer 802, InvalidZtdHardwareHash.\n\n"
		"autoreg refuses the row.\n",
	},
	[FINDING_HASH_LEGACY] = {
		.code = "hash-legacy",
		.severity = SEVERITY_ERROR,
		.title = "hash of an old Windows",
		.advice = "Capture the hash again on the device with Windows 10 version 1709 or later, "
		"or any Windows 11.",
		.explain = "The value is the short hash of 128 bytes that Windows 10 version 1703 and\n"
		"earlier report. It is whole, but the service does not register by it.\n\n"
		"Old inventories contain such values, also for devices that have long been\n"
		"upgraded.\n\n"
		"The service would answer HashNot4k, or 802, InvalidZtdHardwareHash.\n\n"
		"autoreg refuses the row. It does not fall back to serial number,\n"
		"manufacturer and model: they do not find a device that has only reported a\n"
		"short hash.\n",
	},
	[FINDING_HASH_NONCANONICAL] = {
		.code = "hash-noncanonical",
		.severity = SEVERITY_WARNING,
		.title = "hash in an unusual form, mended",
		.advice = "Nothing needs to be done. If many rows are affected, correct the tool that "
		"writes the list.",
		.explain = "The hash is whole, which its own checksum proves, but its text is not in the\n"
		"usual form of 4,000 characters: it is wrapped, contains blanks or quotes,\n"
		"lacks \"=\" at its end or has too many, or its filler is cut off or not zero.\n\n"
		"Mail programs wrap long lines, scripts trim what looks like filler, and\n"
		"devices themselves write hashes without \"=\".\n\n"
		"Sent as it is, such a text can make Intune refuse a whole import with HTTP\n"
		"400 (\"Edm.Binary\").\n\n"
		"autoreg writes the same content in the usual form. It does so only when the\n"
		"checksum proves that nothing else was changed.\n",
	},
	[FINDING_HASH_INCOMPLETE] = {
		.code = "hash-incomplete",
		.severity = SEVERITY_WARNING,
		.title = "hash lacks serial or manufacturer",
		.advice = "Have the manufacturer set the missing values in the firmware, then capture "
		"the hash again.",
		.explain = "The hash is whole, but the device's own serial number or manufacturer is\n"
		"missing in it, or is a factory default such as \"To be filled by O.E.M.\".\n\n"
		"The firmware was never given these values: a mainboard replaced without\n"
		"programming it, a small maker, a machine put together from parts, a virtual\n"
		"machine.\n\n"
		"It is known that the service can answer 802, InvalidZtdHardwareHash, when\n"
		"manufacturer or serial number are missing inside a hash.\n\n"
		"autoreg takes the row, since some such devices do register.\n",
	},
	[FINDING_HASH_UNUSUAL] = {
		.code = "hash-unusual",
		.severity = SEVERITY_WARNING,
		.title = "something odd in the hash",
		.advice = "Check the clock and the firmware of the device. If the service refuses it, "
		"capture the hash again.",
		.explain = "The hash is whole and undamaged, but something in it is not as usual. The\n"
		"message says what: it was captured in the future, the digest of the TPM key\n"
		"is not that of the key beside it, or a record has another length or text\n"
		"than those known so far.\n\n"
		"A wrong clock is common on new devices. An unknown shape of a record may\n"
		"simply come from a newer version of Windows. A digest that does not fit\n"
		"means that the hash was not made by the usual tools.\n\n"
		"What the service checks of this is not documented.\n\n"
		"autoreg takes the row.\n",
	},
	[FINDING_SERIAL_MISMATCH] = {
		.code = "serial-mismatch",
		.severity = SEVERITY_ERROR,
		.title = "hash of another device",
		.advice = "Find out which device the row means, and correct the serial number or the "
		"hash. If the serial column is known to be wrong, give "
		"--accept-serial-mismatch.",
		.explain = "The row has one serial number, and the hash in it says another. The hash is\n"
		"undamaged, so it belongs to the device it names.\n\n"
		"Rows were sorted or merged so that the columns slipped against each other,\n"
		"or an asset number stands in the serial column.\n\n"
		"The service believes the hash: it would register the device that the hash\n"
		"names, under a serial number that belongs to another. The wrong machine is\n"
		"then registered, and nobody notices.\n\n"
		"autoreg refuses the row. A serial number that has only lost its leading\n"
		"zeros is mended and reported as leading-zeros.\n",
	},
	[FINDING_MANUFACTURER_MISMATCH] = {
		.code = "manufacturer-mismatch",
		.severity = SEVERITY_WARNING,
		.title = "manufacturer differs from the hash",
		.advice = "Correct the manufacturer in the list, if lists like it are also used without "
		"hashes.",
		.explain = "The manufacturer in the row is not the one that the hash says. Capitals are\n"
		"ignored in this comparison.\n\n"
		"Suppliers write a trade name, or their own name, where the firmware has\n"
		"another.\n\n"
		"With a hash the service identifies the device by the hash. In a list without\n"
		"hashes the same value would have to be that of the firmware, letter for\n"
		"letter.\n\n"
		"autoreg takes the row and keeps the value as given.\n",
	},
	[FINDING_MODEL_MISMATCH] = {
		.code = "model-mismatch",
		.severity = SEVERITY_WARNING,
		.title = "model differs from the hash",
		.advice = "Correct the model in the list, if lists like it are also used without "
		"hashes.",
		.explain = "The model in the row is not the one that the hash says. Capitals are ignored\n"
		"in this comparison.\n\n"
		"Most differences are names for people: \"ThinkPad T14\" in the list, the\n"
		"machine type \"20S0...\" in the firmware. Some show a row with a wrong value.\n\n"
		"With a hash the service identifies the device by the hash. In a list without\n"
		"hashes the same value would have to be that of the firmware, letter for\n"
		"letter.\n\n"
		"autoreg takes the row and keeps the value as given.\n",
	},
	[FINDING_PRODUCT_ID_MISMATCH] = {
		.code = "product-id-mismatch",
		.severity = SEVERITY_WARNING,
		.title = "product id differs from the hash",
		.advice = "Ask the supplier which product id is right, or leave the column empty: the "
		"hash is enough.",
		.explain = "The product id in the row is not the one that the hash says.\n\n"
		"After a repair the firmware can hold another key than the label on the box.\n"
		"Another cause are values that have slipped by a row.\n\n"
		"Which of the two the service goes by is not documented.\n\n"
		"autoreg takes the row and keeps the value as given.\n",
	},
	[FINDING_PLACEHOLDER_SERIAL] = {
		.code = "placeholder-serial",
		.severity = SEVERITY_ERROR,
		.title = "serial number is a factory default",
		.advice = "Register the device by its hardware hash or product id, or have the "
		"manufacturer set its serial number.",
		.explain = "The serial number is a value that many devices share because nobody ever set\n"
		"it: \"Default string\", \"To be filled by O.E.M.\", \"0\", the same character\n"
		"throughout.\n\n"
		"It comes from firmware that was not programmed: small makers, replaced\n"
		"boards, virtual machines.\n\n"
		"With manufacturer and model it cannot identify one device. The service finds\n"
		"none (812, ZtdDeviceNotFound) or several (813, ZtdDeviceIsNotUnique).\n\n"
		"autoreg refuses the row if nothing else identifies the device. With an\n"
		"undamaged hash or a good product id it is a warning.\n",
	},
	[FINDING_PLACEHOLDER_VALUE] = {
		.code = "placeholder-value",
		.severity = SEVERITY_ERROR,
		.title = "manufacturer or model is a factory default",
		.advice = "Register the device by its hardware hash or product id, or correct "
		"manufacturer and model.",
		.explain = "The manufacturer or the model is a value that firmware has when nobody set\n"
		"it, such as \"System Product Name\" or \"Default string\".\n\n"
		"Small makers and replaced boards are the usual sources. Some inventory tools\n"
		"write \"Unknown\" or \"N/A\" where they found nothing.\n\n"
		"Without a hash or a product id, the service looks up serial number,\n"
		"manufacturer and model in what manufacturers have reported, and would find\n"
		"no device (812, ZtdDeviceNotFound).\n\n"
		"autoreg refuses the row if nothing else identifies the device. With an\n"
		"undamaged hash or a good product id it is a warning.\n",
	},
	[FINDING_BAD_PRODUCT_ID] = {
		.code = "bad-product-id",
		.severity = SEVERITY_ERROR,
		.title = "product id is not 13 digits",
		.advice = "Use the 13 digits of the barcode on the box (PKID). If the row has another "
		"identity, leave the product id empty.",
		.explain = "The Windows product id of a device list is the number of the key in the\n"
		"firmware, the PKID: 13 digits.\n\n"
		"The name misleads. The product id that Windows shows in its settings (such\n"
		"as 00329-00000-0003-AA606) is something else and does not identify a device.\n"
		"Spreadsheets also drop leading zeros, which leaves 12 digits or fewer.\n\n"
		"By a wrong product id the service would find no device (812,\n"
		"ZtdDeviceNotFound).\n\n"
		"autoreg refuses the row if nothing else identifies the device. With an\n"
		"undamaged hash, or with serial number, manufacturer and model, it is a\n"
		"warning.\n",
	},
	[FINDING_PRODUCT_KEY] = {
		.code = "product-key",
		.severity = SEVERITY_ERROR,
		.title = "product key in the list",
		.advice = "Delete the key from the list and from every copy of it, and ask the sender "
		"not to send keys. Use the 13-digit product id instead.",
		.explain = "A value has the form of a product key: 25 letters and digits, in groups of\n"
		"five.\n\n"
		"A key activates Windows. It is a secret, and it identifies no device. It\n"
		"gets into lists from factory reports and from people who read \"Windows\n"
		"Product ID\" as the key.\n\n"
		"autoreg refuses the row and never repeats the value: not in messages, not in\n"
		"reports, not in the file of refused rows.\n",
	},
	[FINDING_EXCEL_DAMAGE] = {
		.code = "excel-damage",
		.severity = SEVERITY_ERROR,
		.title = "spreadsheet changed the value",
		.advice = "Take the value from its source again. Do not open the list in a spreadsheet; "
		"use a text editor, or import the columns as text.",
		.explain = "The value is what a spreadsheet makes of a number or a name: 1.23457E+11\n"
		"instead of a long number, 3-Jan or Mar-05 instead of a serial number, #NAME?\n"
		"or #N/A instead of anything.\n\n"
		"Opening a CSV in a spreadsheet converts what looks like a number or a date,\n"
		"and saving it makes that permanent. The original digits are gone from the\n"
		"file.\n\n"
		"By serial number, manufacturer and model the service would find no such\n"
		"device (812, ZtdDeviceNotFound).\n\n"
		"autoreg refuses the row: the value cannot be restored from what is left.\n",
	},
	[FINDING_LEADING_ZEROS] = {
		.code = "leading-zeros",
		.severity = SEVERITY_WARNING,
		.title = "leading zeros restored",
		.advice = "Nothing needs to be done. Correct the source before the list is used "
		"elsewhere.",
		.explain = "The serial number or the product id lacks zeros at its beginning. The hash\n"
		"of the same row is undamaged and has the whole value.\n\n"
		"Spreadsheets and databases take a value of digits for a number and drop its\n"
		"leading zeros.\n\n"
		"Without a hash, the service would find no such device (812,\n"
		"ZtdDeviceNotFound).\n\n"
		"autoreg uses the value that the hash proves.\n",
	},
	[FINDING_WHITESPACE] = {
		.code = "whitespace",
		.severity = SEVERITY_WARNING,
		.title = "blanks around the value, removed",
		.advice = "Nothing needs to be done. Clean the source if it is also used elsewhere.",
		.explain = "Blanks, tabs or invisible characters stood before or behind the value.\n\n"
		"Firmware sometimes pads serial numbers with blanks, and the collecting\n"
		"script passes them on. Copying from web pages and documents brings\n"
		"non-breaking and zero-width blanks, which no editor shows.\n\n"
		"In a list without hashes the service compares letter for letter and would\n"
		"find no device (812, ZtdDeviceNotFound).\n\n"
		"autoreg removes them, except from group tags: these must match exactly, and\n"
		"are never changed.\n",
	},
	[FINDING_QUOTED_VALUE] = {
		.code = "quoted-value",
		.severity = SEVERITY_WARNING,
		.title = "quotes inside the value, removed",
		.advice = "Nothing needs to be done. Correct the tool that quotes twice.",
		.explain = "The value itself begins and ends with a quote, after the quotes of the file\n"
		"format were already removed.\n\n"
		"A list that was quoted was quoted again by the next tool, or a script puts\n"
		"quotes around values in a format that has none.\n\n"
		"The quotes would be taken as part of the serial number, and Intune does not\n"
		"take files with quotation marks at all.\n\n"
		"autoreg removes one pair of quotes.\n",
	},
	[FINDING_DAMAGED_TEXT] = {
		.code = "damaged-text",
		.severity = SEVERITY_ERROR,
		.title = "damaged or invisible character",
		.advice = "Type the value anew, or take it from its source again in UTF-8.",
		.explain = "The value holds a character that should not be there: the mark for a\n"
		"character that was lost in a conversion, a control character, or one that\n"
		"takes no visible space.\n\n"
		"The list was read and written in different encodings on its way, or the\n"
		"value was copied from a page or a document.\n\n"
		"Without a hash, the service compares letter for letter and would find no\n"
		"device (812, ZtdDeviceNotFound). A tag with such a character is another tag,\n"
		"and its devices get no profile.\n\n"
		"autoreg refuses the row, unless an undamaged hash identifies the device:\n"
		"then it is a warning. In a group tag it is always an error.\n",
	},
	[FINDING_VALUE_TOO_LONG] = {
		.code = "value-too-long",
		.severity = SEVERITY_ERROR,
		.title = "value too long",
		.advice = "Check whether columns have run into each other or text is missing its line "
		"end, and correct the row.",
		.explain = "The value is longer than any real one: 128 bytes for a serial number or\n"
		"product id, 256 for manufacturer, model and user, 512 for a group tag,\n"
		"16,384 characters for a hash (which has 4,000).\n\n"
		"A missing line end or delimiter glues values together; a note was typed into\n"
		"the wrong column.\n\n"
		"Intune is known to refuse group tags of more than 512 characters. The other\n"
		"limits are autoreg's own: the service's are not published.\n\n"
		"autoreg refuses the row.\n",
	},
	[FINDING_FILLED] = {
		.code = "filled",
		.severity = SEVERITY_INFO,
		.title = "empty cell filled from the hash",
		.advice = "Nothing needs to be done.",
		.explain = "Serial number, manufacturer or model was empty in the row. The hash in it is\n"
		"undamaged and holds the value, so it was filled in.\n\n"
		"The collecting script leaves manufacturer and model empty when it wrote a\n"
		"hash. Lists for the partner page have these columns all the same.\n\n"
		"The value is what the firmware says, which is what the service compares\n"
		"with.\n\n"
		"autoreg fills only empty cells, and only from a hash that is proven whole.\n",
	},
	[FINDING_KNOWN_VARIANT] = {
		.code = "known-variant",
		.severity = SEVERITY_WARNING,
		.title = "manufacturer in another spelling",
		.advice = "Compare the manufacturer with what the firmware of such a device says, and "
		"correct it if it differs. Capitals count.",
		.explain = "The manufacturer is written in a way that its firmware usually does not use:\n"
		"\"Lenovo\" for \"LENOVO\", \"Dell\" for \"Dell Inc.\".\n\n"
		"People write the trade name. The firmware has a fixed text, and\n"
		"manufacturers report their devices under that text.\n\n"
		"Without a hash or a product id, the service looks for exactly this serial\n"
		"number, manufacturer and model. One letter off, and the answer is 812,\n"
		"ZtdDeviceNotFound.\n\n"
		"autoreg takes the row as it is. It suggests a spelling but never changes it:\n"
		"some series do differ.\n",
	},
	[FINDING_SERIAL_BLANKS] = {
		.code = "serial-blanks",
		.severity = SEVERITY_WARNING,
		.title = "blanks inside the serial number",
		.advice = "Check that the blanks belong to the serial number. If they do, nothing needs "
		"to be done.",
		.explain = "The serial number has blanks between its characters.\n\n"
		"Virtual machines have such serial numbers by design (VMware's has 14\n"
		"blanks). On other devices they hint at two values in one cell or at a typing\n"
		"mistake.\n\n"
		"Searching for such serial numbers in portals and through Microsoft Graph\n"
		"does not work reliably.\n\n"
		"autoreg takes the row and keeps the blanks.\n",
	},
	[FINDING_BAD_USER] = {
		.code = "bad-user",
		.severity = SEVERITY_WARNING,
		.title = "assigned user has no valid form",
		.advice = "Write the user as a user principal name, such as ana@contoso.com, or leave "
		"the column empty.",
		.explain = "The assigned user does not look like a user principal name: something, one\n"
		"\"@\", and a domain with a dot, without blanks.\n\n"
		"Lists carry display names, short logon names or names with the domain in\n"
		"front. A comma in the name shifts the columns as well.\n\n"
		"Intune checks the domain of the name only. What becomes of a user that does\n"
		"not exist is not documented.\n\n"
		"autoreg takes the row and keeps the value as given.\n",
	},
	[FINDING_TAG_MISMATCH] = {
		.code = "tag-mismatch",
		.severity = SEVERITY_ERROR,
		.title = "group tag is not allowed",
		.advice = "Correct the group tag, or add it to the tags that are allowed for this "
		"customer.",
		.explain = "The row has a group tag that is not among those configured for this\n"
		"customer.\n\n"
		"The list belongs to another customer or an older project, or the tag is\n"
		"misspelt beyond recognition.\n\n"
		"The service accepts any text as group tag. The device would be registered\n"
		"without an error, and would get no profile or the wrong one.\n\n"
		"autoreg refuses the row.\n",
	},
	[FINDING_TAG_NEAR_MISS] = {
		.code = "tag-near-miss",
		.severity = SEVERITY_ERROR,
		.title = "group tag almost right",
		.advice = "Write the tag exactly as the message shows it: capitals, blanks, underscores "
		"and hyphens count.",
		.explain = "The group tag differs from a known one only in capitals, blanks, underscores\n"
		"or hyphens, or has blanks at its ends.\n\n"
		"Such tags are typed from memory, or copied with a blank.\n"
		"\"Microsoft365Managed_Autopilot\" is the one most often written wrongly.\n\n"
		"The service accepts the tag without an error. The device is registered under\n"
		"a tag that nothing refers to, never gets its profile, and looks well until\n"
		"its first user starts it.\n\n"
		"autoreg refuses the row. It does not correct the tag by itself, because a\n"
		"tag is the choice of the customer.\n",
	},
	[FINDING_VIRTUAL_MACHINE] = {
		.code = "virtual-machine",
		.severity = SEVERITY_WARNING,
		.title = "virtual machine",
		.advice = "Delete the row unless you mean to register this virtual machine.",
		.explain = "The row describes a virtual machine: manufacturer, model or serial number\n"
		"are those that Hyper-V, VMware, Parallels, VirtualBox or QEMU give to\n"
		"theirs.\n\n"
		"Test machines get into lists that were collected from a whole directory or\n"
		"from Configuration Manager.\n\n"
		"Virtual machines can be registered, and are for tests. They lack some of the\n"
		"parts by which real devices are recognised, often the TPM.\n\n"
		"autoreg takes the row.\n",
	},
};

const struct finding_info *
finding_info(enum finding_code code)
{
	assert((size_t)code < NFINDING);
	return &table[code];
}

const struct finding_info *
finding_by_name(struct slice name, enum finding_code *out)
{
	for (size_t i = 0; i < NFINDING; i++) {
		if (slice_eq(name, slice_of(table[i].code))) {
			*out = (enum finding_code)i;
			return &table[i];
		}
	}
	return NULL;
}

const char *
severity_name(enum severity s)
{
	static const char *const name[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_INFO] = "info",
	};

	assert(s <= SEVERITY_INFO);
	return name[s];
}
