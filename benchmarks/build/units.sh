# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# The units of a kernel that was built, and the commands kbuild ran for them; to be
# sourced by bash.

# every_unit TREE K: each Kth object, C and assembler as they are in a whole kernel;
# no user code (vDSO), which has no pack, nor what other flags build.
every_unit() {
	sed -nE 's/^  (CC|AS) +(\[M\] +)?([^ ]*\.o)$/\3/p' "$1/build.log" |
		grep -vE '^/|(^|/)(tools|scripts|vdso|realmode|boot|purgatory)/|\.mod\.o$' | LC_ALL=C sort -u |
		awk -v k="$2" 'NR % k == 0'
}

# command_of TREE OBJECT OUT: the command, out of the object's .cmd file; it makes OUT,
# and writes nothing else.
command_of() {
	sed -n '1s/^\(saved\)\?cmd_[^ ]* := //p' "$1/$(dirname "$2")/.$(basename "$2").cmd" |
		sed 's/ ; .*//; s/\$\$/$/g; s/ -Wp,-MMD,[^ ]*//; s| -o [^ ]*| -o '"$3"'|'
}
