# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# For the plugin's tests; to be sourced by bash. Brings tests/lib/common.sh, a
# temporary directory TMP, and makes it the current one.

. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
HERE=$TOP/tests/plugin
make_tmp
cd "$TMP" || exit 1

failures=0

# wrong TEXT...: count a failure and go on.
wrong() { printf 'FAIL: %s\n' "$*" >&2; failures=$((failures + 1)); }

# plugin_gccs: the major versions there is a plugin for; none is an error.
plugin_gccs() {
	local n found=
	for n in 11 12; do
		[ -f "$BUILD/gcc-$n/previrt.so" ] && found+=" $n"
	done
	[ -n "$found" ] || die "no build/gcc-*/previrt.so; run make"
	echo "$found"
}

# plugin N [ARGUMENT...]: the flags that load GCC N's plugin with arguments.
plugin() {
	local n=$1 a
	shift
	printf '%s ' "-fplugin=$BUILD/gcc-$n/previrt.so"
	for a; do printf '%s ' "-fplugin-arg-previrt-$a"; done
}

# The name of each op, by its number.
declare -A op_names
while read -r _name _equals _number; do
	op_names[${_number%,}]=${_name#PREVIRT_OP_}
done < <(grep 'PREVIRT_OP_[a-z0-9_]* = ' "$BUILD/gen/insns.h")

# sites FILE: sets SITES to the names of the ops in its table, in order, and
# FLAGGED to the same with each one's flags: cli/4
sites() {
	local words i
	SITES='' FLAGGED=''
	while read -ra words; do
		[ "${words[*]:0:2}" = "description data:" ] || continue
		# 4 bytes ahead, then 8 for each entry, the op in its fifth
		for ((i = 2 + 4 + 4; i < ${#words[@]}; i += 8)); do
			SITES+="${SITES:+ }${op_names[$((16#${words[i]}))]}"
			FLAGGED+="${FLAGGED:+ }${op_names[$((16#${words[i]}))]}/$((16#${words[i + 3]}))"
		done
	done < <(readelf -n "$1" 2>/dev/null)
}

# code FILE: its executable bytes, in hexadecimal, section by section.
code() {
	objdump -hsw "$1" | awk '
		/^Contents of section / { at = $4; sub(/:$/, "", at); shown = at in code; if (shown) print at }
		$1 ~ /^[0-9]+$/ && /, CODE/ { code[$2] }
		shown && /^ /'
}

# done_testing COUNT WHAT: the last line and the exit status.
done_testing() {
	printf '%s %s, %s failures\n' "$1" "$2" "$failures"
	[ "$1" -gt 0 ] && [ "$failures" -eq 0 ]
	exit
}
