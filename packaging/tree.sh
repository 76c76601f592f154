# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# What the builds of packages share. Sourced, with the root of the tree as working folder. It sets
#
#   version             of the program
#   AUTOREG_COMMIT      what the tree is of: as given, as git says, or "unknown"
#   SOURCE_DATE_EPOCH   as given, or the date in the Debian changelog: the time of all that is packed

# Folders are packed with the rights that they are made with.
umask 022

# A tree that was unpacked somewhere in another repository has no git of its own.
if [ -e .git ] && git rev-parse >/dev/null 2>&1; then
	has_git=yes
else
	has_git=no
fi

# shellcheck disable=SC2034 # for who sources this
version=$(sed -n 's/^project(autoreg VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)

if [ -z "${AUTOREG_COMMIT:-}" ]; then
	AUTOREG_COMMIT=unknown
	[ "$has_git" = no ] || AUTOREG_COMMIT=$(git describe --always --dirty)
fi
export AUTOREG_COMMIT

: "${SOURCE_DATE_EPOCH:=$(date -d "$(sed -n '/^ -- /{s/^.*>  //p;q}' packaging/debian/changelog)" +%s)}"
export SOURCE_DATE_EPOCH

# The tree as it stands, without what git does not know of, or else without what builds leave.
export_tree() { # FOLDER
	rm -rf "$1"
	mkdir -p "$1"
	if [ "$has_git" = yes ]; then
		git ls-files -z | tar --null -T - -c
	else
		tar -c --exclude=./build --exclude=__pycache__ .
	fi | tar -x -C "$1"
}
