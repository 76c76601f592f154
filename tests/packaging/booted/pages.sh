#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the documentation says that root types on a machine with systemd: its blocks, in their order,
# each of whose lines has to succeed. The machine is that of story.sh, after it.
#
# usage: pages.sh FOLDER, which holds the files of story.sh, and in pages/ the blocks
set -eu

folder=$1
cd "$(mktemp -d)"
cp "$folder/old.deb" ./autoreg_0.deb
cp "$folder/northwind-secret" secret.txt

# In place of the person who edits the file.
cat >/usr/local/bin/editor <<END
#!/bin/sh
cp $folder/autoreg.yaml "\$1"
cp $folder/northwind-secret $folder/northwind-token /etc/autoreg/credentials/
END
chmod 755 /usr/local/bin/editor

for block in "$folder"/pages/*; do
	printf '\n-- %s\n' "${block##*/}"
	sh -eux "$block"
done
