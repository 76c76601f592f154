#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The package's life on a machine of its own, as an operator sees it: root on a booted Debian, nothing
# but the package, a list, and a simulator in place of Partner Center. Each step shows its commands
# and what they print, and ends the story where something is not as it should be.
#
# usage: story.sh FOLDER, which holds the other files beside this one, old.deb and new.deb, first.csv
# with 8 devices and second.csv with 2000 others.
set -eu

folder=$1
simulator=http://127.0.0.1:8400
agent=http://127.0.0.1:9417

# --- telling --------------------------------------------------------------------------------------

step() { # TEXT
	[ -z "${begun:-}" ] || printf '```\n\n'
	begun=yes
	printf '## %s\n\n```text\n' "$1"
}

fail() { # TEXT
	printf '\nFAILED: %s\n' "$1"
	systemctl status --no-pager --lines 30 autoreg.service || true
	journalctl --no-pager --lines 100 || true
	exit 1
}

# Shows a command line, as root types it, and what it prints; its status has to be as expected.
show_status() { # EXPECTED LINE
	printf '# %s\n' "$2"
	status=0
	sh -c "$2" 2>&1 || status=$?
	[ "$status" -eq "$1" ] || fail "exit status $status, not $1: $2"
}

show() { # LINE
	show_status 0 "$1"
}

# 'is-active' is content with one of several.
show_all_active() {
	for unit in autoreg.service autoreg.socket autoreg-control.socket; do
		show "systemctl is-active $unit"
	done
}

# What has to become true, soon. Not shown: it takes many attempts.
wait_until() { # SECONDS WHAT COMMAND...
	tenths=$(($1 * 10))
	what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		tenths=$((tenths - 2))
		[ "$tenths" -gt 0 ] || fail "it took too long until $what"
		sleep 0.2
	done
}

# --- looking --------------------------------------------------------------------------------------

property() { # NAME
	systemctl show --property "$1" --value autoreg.service
}

is_running_again() { # RESTARTS
	[ "$(property NRestarts)" -ge "$1" ] && [ "$(property ActiveState)" = active ]
}

is_down() {
	[ "$(property ActiveState)" = failed ]
}

# How many devices of the list are in the state.
devices_are() { # LIST STATE NUMBER
	[ "$(autoreg lists --json | jq ".lists[] | select(.id == \"$1\") | .states.$2")" = "$3" ]
}

list_is_done() { # LIST
	[ "$(autoreg lists --json | jq ".lists[] | select(.id == \"$1\") | .done")" = true ]
}

# What the simulator knows, which nobody else can say: each device once, and nothing improper.
each_once() { # NUMBER
	curl --silent "$simulator/_simulator/books" |
		jq --exit-status "[.customers[].devices[].registered] | length == $1 and all(. == 1)"
}

# --- the story ------------------------------------------------------------------------------------

install_it() {
	step 'Install'
	show "apt-get install --yes $folder/old.deb 2>&1 | grep -E '^(Setting up|Created symlink)'"
	show 'systemctl is-enabled autoreg.service autoreg.socket autoreg-control.socket'
	show 'stat --format "%A %U:%G %n" /etc/autoreg /etc/autoreg/credentials /var/spool/autoreg'
}

configure_it() {
	step 'Configure: one file, and the secrets beside it'
	show "install -m 0644 $folder/autoreg.yaml /etc/autoreg/"
	show "install -m 0600 $folder/northwind-secret $folder/northwind-token /etc/autoreg/credentials/"
	show 'autoreg config check'
}

start_it() {
	step 'Start'
	install -D -m 0644 -t /etc/systemd/system/autoreg.service.d "$folder/hurry.conf"
	systemctl daemon-reload
	systemd-run --quiet --unit simulator autoreg-simulator --port 8400 \
		--scenario "$folder/scenario.yaml"
	wait_until 10 'the simulator answers' curl --silent "$simulator/_simulator/requests"
	show 'systemctl start autoreg.service'
	show 'systemctl show --property ActiveState,StatusText autoreg.service'
	show 'systemctl show --property DynamicUser,User,NRestarts autoreg.service'
}

register_a_list() {
	step 'A list dropped into the spool'
	show 'install -d -m 2770 -g autoreg-spool /var/spool/autoreg/contoso'
	show "install -m 0660 -g autoreg-spool $folder/first.csv /var/spool/autoreg/contoso/"
	wait_until 60 'the list is done' list_is_done 1
	show 'autoreg lists'
	show 'ls /var/spool/autoreg/contoso/reports'
	each_once 8 >/dev/null || fail 'the simulator has other devices'
}

read_the_journal() {
	step 'The journal: an event a line, with fields to ask for, and an explanation'
	show "journalctl --unit autoreg.service --no-pager --output cat AUTOREG_EVENT=list-taken-in"
	show "journalctl --no-pager --output json AUTOREG_EVENT=list-taken-in | jq '{PRIORITY, MESSAGE_ID, AUTOREG_CUSTOMER, AUTOREG_FILE, AUTOREG_DEVICES}'"
	show "journalctl --no-pager --no-hostname --catalog --output short-iso AUTOREG_EVENT=list-done"
}

scrape_it() {
	step 'Metrics and health'
	show "curl --silent $agent/metrics | grep -E '^autoreg_devices\{.*\"(registered|refused)\"'"
	show "curl --silent --fail $agent/healthz"
	show "curl --silent --fail $agent/readyz | jq --compact-output '.ready'"
}

refuse_a_bad_file() {
	step 'A reload with a bad file is refused, and changes nothing'
	show "sed -i 's/group_tag:/grouptag:/' /etc/autoreg/autoreg.yaml"
	show_status 1 'systemctl reload autoreg.service'
	show 'journalctl --unit autoreg.service --no-pager --output cat --lines 40 | grep "autoreg.yaml:"'
	show 'systemctl is-active autoreg.service'
	show "curl --silent $agent/metrics | grep '^autoreg_config_last_reload_successful'"
	show "sed -i 's/grouptag:/group_tag:/' /etc/autoreg/autoreg.yaml"
	show 'systemctl reload autoreg.service'
	show "curl --silent $agent/metrics | grep '^autoreg_config_last_reload_successful'"
}

survive_a_kill() {
	step 'kill -9'
	show 'systemctl kill --kill-whom main --signal KILL autoreg.service'
	wait_until 30 'it runs again' is_running_again 1
	show 'systemctl show --property ActiveState,NRestarts autoreg.service'
	show_all_active
}

survive_a_hang() {
	step 'It hangs: the watchdog (here after 3 s) ends it, and it is started again'
	show 'systemctl kill --kill-whom main --signal STOP autoreg.service'
	wait_until 60 'it runs again' is_running_again 2
	show "journalctl --unit autoreg.service --no-pager --output cat | grep -i 'watchdog timeout'"
	show 'systemctl show --property ActiveState,NRestarts autoreg.service'
}

upgrade_it() {
	step 'Upgrade with work in flight'
	show "install -m 0660 -g autoreg-spool $folder/second.csv /var/spool/autoreg/contoso/"
	wait_until 30 'it is on its way' devices_are 2 submitted 2000
	show 'autoreg lists'
	show "apt-get install --yes $folder/new.deb 2>&1 | grep -E '^(Unpacking|Setting up)'"
	show_all_active
	show 'autoreg lists'
	wait_until 60 'the list is done' list_is_done 2
	show 'autoreg lists'
	each_once 2008 >/dev/null || fail 'the simulator has other devices'
	show "curl --silent $simulator/_simulator/violations | jq --compact-output ."
}

stay_down() {
	step 'A bad file at the start: it stays down, and says why'
	show "sed -i 's/group_tag:/grouptag:/' /etc/autoreg/autoreg.yaml"
	show_status 1 'systemctl restart autoreg.service 2>/dev/null'
	wait_until 10 'it is down' is_down
	show 'systemctl show --property Result,ExecMainStatus,NRestarts autoreg.service'
	show "sed -i 's/grouptag:/group_tag:/' /etc/autoreg/autoreg.yaml"
	show 'systemctl restart autoreg.service'
}

refuse_a_newer_store() {
	step 'A store that a newer version has written is left alone'
	store=/var/lib/private/autoreg/autoreg.db
	show 'systemctl stop autoreg.service'
	version=$(sqlite3 $store 'PRAGMA user_version')
	show "sqlite3 $store 'PRAGMA user_version = 99'"
	show_status 1 'systemctl start autoreg.service 2>/dev/null'
	show "journalctl --unit autoreg.service --no-pager --output cat --lines 20 | grep -i 'newer'"
	show 'systemctl show --property NRestarts autoreg.service'
	sqlite3 $store "PRAGMA user_version = $version"
	show "apt-get install --yes --allow-downgrades $folder/old.deb 2>&1 | grep -E '^Setting up'"
	show_all_active
	show 'autoreg lists'
}

remove_it() {
	step 'Remove, and purge'
	show "apt-get remove --yes autoreg 2>&1 | grep -E '^Removing'"
	show_status 3 'systemctl is-active autoreg.service autoreg.socket autoreg-control.socket'
	show 'ls -d /etc/autoreg/autoreg.yaml /var/lib/private/autoreg'
	show "apt-get purge --yes autoreg 2>&1 | grep -E '^Purging'"
	show_status 2 'ls -d /var/lib/private/autoreg /var/lib/autoreg'
	show 'find /var/spool/autoreg -type f | wc -l'
}

install_it
configure_it
start_it
register_a_list
read_the_journal
scrape_it
refuse_a_bad_file
survive_a_kill
survive_a_hang
upgrade_it
stay_down
refuse_a_newer_store
remove_it
printf '```\n'
