#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh AUTOREG: what the program does today, shown on the sample lists. Works in a temporary folder
# and leaves nothing behind.
set -eu

autoreg=$(realpath "$1")
samples=$(cd "$(dirname "$0")/data/lists" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/bin" "$work/lists"
ln -s "$autoreg" "$work/bin/autoreg"
PATH="$work/bin:$PATH"
cd "$work"

# Six lists as they come: a script's, a report's, a supplier's, one that was merged twice, one that Excel
# has had, and one with the template's examples left in.
for list in contoso-script-utf16 fabrikam-configmgr-report supplier-semicolon-1252 merged-twice excel-damaged \
	contoso-partner-template; do
	cp "$samples/$list.csv" lists/
done

# Exit status 3 says that some rows were refused, which is what is shown here.
show() {
	printf '\n$ %s\n' "$*"
	code=0
	sh -c "$*" || code=$?
	[ "$code" = 0 ] || [ "$code" = 3 ] || exit "$code"
}

show 'autoreg check lists/*.csv'
show 'autoreg convert --to partner-center -o devices.csv --rejects rejects.csv -q lists/*.csv'
show 'cut -c 1-100 devices.csv | head -4'
show 'cut -d, -f 1-4 rejects.csv'
printf '\nThat was: six lists in five shapes read, every defect named, and one list that Partner Center takes.\n'
