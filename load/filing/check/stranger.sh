#!/usr/bin/env bash
# A stranger's check: on a machine that has nothing but Debian's base, unzip, OpenSSH and age, a filing is opened and checked
# with the commands of its own README.html, and no others. Then one byte of each of its files is flipped in turn, and
# one of the commands must fail each time.
#
#   stranger.sh PACKAGE.zip.age AGE-KEY PUBLIC-KEY NAME
#
# PUBLIC-KEY is the file with the SSH key of who signed, NAME who that is. The machine is made by debootstrap as root, without a
# network once it is made; KYCSYNC_MACHINE names one that is there already. It ends with 3 if there can be no machine.
set -euo pipefail

sealed=$1 key=$2 public=$3 name=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
machine=${KYCSYNC_MACHINE:-$work/machine}
if [[ ! -e $machine/usr/bin/age ]]; then
	debootstrap --variant=minbase --include=unzip,openssh-client,age stable "$machine" >"$work/log" 2>&1 || { tail -n 3 "$work/log"; exit 3; }
fi
desk=$machine/root/desk
rm -rf "$desk" && mkdir "$desk"
cp "$sealed" "$desk/"
cp "$key" "$desk/key"

there() { unshare -n chroot "$machine" /bin/bash -c "cd /root/desk/${2:-} && $1"; }
told() { # the commands of the page, as a person reads them
	awk '/<pre>/ { on = 1; sub(/.*<pre>/, "") } on { last = sub(/<\/pre>.*/, ""); print; on = !last }' "$1" | sed -e "s/&amp;/\&/g; s/&lt;/</g; s/&gt;/>/g; s/&#39;/'/g; s/&#34;/\"/g" -e "s/-I NAME/-I $name/"
}
show() {
	printf '$ %s\n' "$1"
	there "$1" "${2:-}"
}

file=$(basename "$sealed" .age)
folder=${file%.zip}
show "age -d -i key $file.age > $file"
show "unzip -q $file"
echo "$name $(cut -d' ' -f1,2 "$public")" >"$desk/$folder/allowed_signers"
mapfile -t commands < <(told "$desk/$folder/data/README.html" | grep -v -e '^cd ' -e tagmanifest-sha256.txt.tsr) # there is no time stamp
((${#commands[@]} == 4)) || { printf 'the page has %d commands, want 4\n' "${#commands[@]}"; exit 1; }
printf '$ cd %s\n' "$folder"
for command in "${commands[@]}"; do
	show "$command" "$folder"
done

all=true
for command in "${commands[@]}"; do
	all+=" && { $command; }"
done
flipped=0
while IFS= read -r -d '' victim; do
	cp -p "$victim" "$work/sound"
	at=$(($(stat -c %s "$victim") / 2))
	byte=$(od -An -tu1 -j "$at" -N 1 "$victim")
	printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$victim" bs=1 seek="$at" conv=notrunc status=none
	if there "{ $all; } >/dev/null 2>&1" "$folder"; then
		printf 'nobody noticed a flipped byte in %s\n' "${victim#"$desk/"}"
		exit 1
	fi
	cp -p "$work/sound" "$victim"
	flipped=$((flipped + 1))
done < <(find "$desk/$folder" -type f ! -name allowed_signers -print0)
printf 'OK: one byte flipped in each of %d files, one after the other: noticed each time\n' "$flipped"
