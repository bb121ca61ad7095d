# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# What the tests of the Debian packages share; to be sourced by bash. Sets DEBS, the
# folder of the packages of this commit: `make deb` of a clean clone, made by whoever
# comes first; the variable PREVIRT_DEBS names those that are there already. ROOT, where a test has one, is a Debian of its own below TMP.
set -u -o pipefail
# shellcheck source=../../lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/common.sh"
cd "$TOP" || exit 1
SUITE=bookworm
WORK=$BUILD/packages
# shellcheck disable=SC2034	# for those who source this file
DEBS=${PREVIRT_DEBS:-$WORK/clone/build/deb}
PACKAGES=(gcc-11-plugin-previrt gcc-12-plugin-previrt previrt previrt-wedge libprevirt-stubs-dev dh-previrt)

# quiet COMMAND...: its words only if it fails
quiet() { "$@" > "$TMP/log" 2>&1 || { tail -n 40 "$TMP/log"; die "$* failed"; }; }

# from_clone: `make deb` as somebody does who has just cloned this commit
from_clone() {
	git rev-parse -q --verify HEAD > /dev/null 2>&1 || skip "no git repository here"
	rm -rf "$WORK/clone" && mkdir -p "$WORK" || exit 1
	quiet git clone -q "$TOP" "$WORK/clone"
	quiet make -C "$WORK/clone" deb
	git -C "$WORK/clone" rev-parse HEAD > "$WORK/commit"
}

# need_packages: those of this commit, made if they are not there
need_packages() {
	[ -z "${PREVIRT_DEBS-}" ] || return 0
	need dpkg-buildpackage dh git
	[ -d "$DEBS" ] && [ "$(cat "$WORK/commit" 2> /dev/null)" = "$(git rev-parse HEAD)" ] || from_clone
}

# the_root: a clean Debian in ROOT, of a day ago at most; apt in it takes its packages
# from where this host does, and waits for no disk. Needs root.
the_root() {
	local root=$WORK/root.tar
	[ "$(id -u)" -eq 0 ] || skip "not root: no clean root can be made"
	need mmdebstrap chroot
	if [ -z "$(find "$root" -mmin -1440 2> /dev/null)" ]; then
		# The name's end says the format: without .tar it would be a folder.
		quiet mmdebstrap --variant=minbase --dpkgopt=force-unsafe-io $SUITE "$WORK/new-root.tar"
		mv "$WORK/new-root.tar" "$root" || exit 1
	fi
	ROOT=$TMP/root
	# apt in the root is another user.
	chmod 755 "$TMP" && mkdir "$ROOT" && tar -C "$ROOT" -xf "$root" || exit 1
	inside apt-get update > "$TMP/log" 2>&1 || skip "a clean root cannot be filled: $(tail -n 1 "$TMP/log")"
}

inside() {
	chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
# as_user COMMAND...: in the root, as somebody without rights
as_user() { inside setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
apt_inside() { quiet inside apt-get -qy --no-install-recommends "$@"; }
# with_proc COMMAND...: with the kernel's files in the root; they are gone with the command
with_proc() {
	unshare -m --propagation private sh -c 'mount -t proc proc "$0/proc" && exec "$@"' "$ROOT" "$@"
}
