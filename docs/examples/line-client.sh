#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a line controller does for each unit that comes off the line: it gives the unit to the agent,
# which answers when the unit is durable, and asks whether the box may be closed.
#
#	line-client.sh CUSTOMER SERIAL MANUFACTURER MODEL [PRODUCT-ID [ORDER [FORMER-SERIAL]]]
#
# Ends with 0: close the box; 1: put the unit aside, stdout says why; 2: the command line is wrong;
# 7: the agent cannot be reached: stop the line, or give the unit again later. To give a unit twice
# does no harm.

set -eu

socket=${AUTOREG_SOCKET:-/run/autoreg/control.sock}
wait=${AUTOREG_WAIT:-10s}

if [ $# -lt 4 ]; then
	echo "line-client.sh: CUSTOMER SERIAL MANUFACTURER MODEL are needed" >&2
	exit 2
fi

# A text as it stands inside JSON. Barcodes have no control characters.
text() {
	printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'
}

# The answer in $answer, its status in $status.
ask() {
	answer=$(curl --silent --show-error --max-time 90 --unix-socket "$socket" \
		--write-out '\n%{http_code}' "$@") || exit 7
	status=${answer##*
}
	answer=${answer%
*}
}

unit=$(printf '{"customer":"%s","serial":"%s","manufacturer":"%s","model":"%s","product_id":"%s"' \
	"$(text "$1")" "$(text "$2")" "$(text "$3")" "$(text "$4")" "$(text "${5-}")")
unit=$(printf '%s,"order":"%s","replaces":"%s"}' "$unit" "$(text "${6-}")" "$(text "${7-}")")

ask --header 'Content-Type: application/json' --data-binary "$unit" http://localhost/v1/units
case $status in
202) ;;
422 | 413)
	echo "$2 is refused: $answer"
	exit 1
	;;
*)
	echo "$answer" >&2
	exit 7
	;;
esac

# Where the customer's gate settles for "accepted" this answers at once.
ask --get --data-urlencode "serial=$2" --data-urlencode "wait=$wait" http://localhost/v1/gate
case $status:$answer in
200:*'"may_ship":false'*)
	echo "$2 may not be packed: $answer"
	exit 1
	;;
200:*'"may_ship":true'*)
	echo "$2 may be packed"
	;;
*)
	echo "$answer" >&2
	exit 7
	;;
esac
