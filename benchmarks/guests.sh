# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Functions for measurements of one program (rounds.h) in a guest of ours, in user-mode Linux
# (Debian's package user-mode-linux), and on the host, one after the other on one
# processor; to be sourced behind tests/lib/common.sh and make_tmp.

# one COMMAND...: on one processor, for five minutes at most.
one() { timeout 300 taskset -c "$(taskset -pc $$ | sed 's/.*: \([0-9]*\).*/\1/')" "$@"; }

# guests_make DIR PROGRAM.c: the program, and an initramfs with it; DIR is our kernel's build
# (with relocations). Drivers that are modules of it are put beside the program (load_modules).
# Ends the measurement where something is not there.
guests_make() {
	local module n=10
	kernel=$1/vmlinux
	[ -f "$kernel" ] || { say "no $kernel: left out"; exit 0; }
	need cpio gcc taskset
	make -s wedge cli
	mkdir -p "$TMP/root/dev" "$TMP/root/modules" "$BUILD/bench"
	for module in core/failover net/net_failover virtio/virtio_ring virtio/virtio \
		virtio/virtio_pci_legacy_dev virtio/virtio_pci_modern_dev virtio/virtio_pci \
		net/virtio_net block/virtio_blk e1000/e1000; do
		find -L "$1" -path "*/$module.ko" -exec cp {} "$TMP/root/modules/$((n++))-${module##*/}.ko" \;
	done
	gcc -std=gnu11 -O2 -Wall -Wextra -static -o "$TMP/root/init" "$2"
	mknod "$TMP/root/dev/console" c 5 1
	(cd "$TMP/root" && find . | cpio -o -H newc --quiet | gzip) > "$TMP/initrd"
}

# Ends a measurement beside user-mode Linux where that is not there.
guests_need_uml() {
	command -v linux.uml > /dev/null || { say "no user-mode-linux: left out"; exit 0; }
}

# ours WORDS [OPTION...]: the guest, with words on its command line.
ours() {
	one "$BUILD/bin/previrt" run --on=process --timeout ${limit:-280} -k "$kernel" -i "$TMP/initrd" \
		-a "console=ttyS0 loglevel=1 panic=-1 $1" "${@:2}" < /dev/null
}

# uml WORD...: user-mode Linux, with words on its command line.
uml() {
	TMPDIR=$TMP HOME=$TMP one linux.uml mem=256M initrd="$TMP/initrd" con0=null,fd:1 con=null \
		loglevel=1 panic=-1 "$@" < /dev/null 2>&1
}

# guests_table NAME LINES PEER...: what has been said (TMP/ours, TMP/PEER) as
# build/bench/NAME.csv, of so many lines for each peer, and as a table.
guests_table() {
	local csv=$BUILD/bench/$1.csv lines=$2 peer
	shift 2
	{ echo benchmark,unit,ours,peer,ratio,spread
	  for peer; do
		awk -v peer="$peer" '{ sub(/\r/, "") } $1 != "turns" { next }
			FILENAME == ARGV[1] { ns[$2] = $3; spread[$2] = $4; next }
			$2 in ns && $3 > 0 { printf "%s / %s,us,%.2f,%.2f,%.2f,%.3f\n", $2, peer,
				ns[$2] / 1000, $3 / 1000, ns[$2] / $3, spread[$2] }' "$TMP/ours" "$TMP/$peer"
	  done; } > "$csv"
	[ "$(wc -l < "$csv")" -eq $((1 + lines * $#)) ] ||
		{ tail -n 5 "$TMP/ours" "${@/#/$TMP/}"; die "a guest has not measured all"; }
	benchmarks/table "$csv"
}
