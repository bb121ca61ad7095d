# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Runs the lines of guests.tbl and judges what was said; to be sourced by the
# runner of a machine, behind common.sh.

TABLE=$TOP/tests/wedge/guests/guests.tbl
GUESTS=$BUILD/wedge/guests

# table_has NAME WORDS LOG: do all of them stand in the log?
table_has() {
	local word address
	while read -r -d ';' word; do
		if [[ $word == @* ]]; then
			address=$(nm "$GUESTS/$1" | sed -n "s/ T ${word#@}\$//p")
			# The wedge and Xen write it in two ways.
			grep -qiE "rip(:  *[0-9a-f]*:\[<| )$address" "$3" || { echo "no rip $address"; return 1; }
		else
			grep -qF "$word" "$3" || { echo "not in the log: $word"; return 1; }
		fi
	done <<< "$2;"
}

# table_said WORDS: those of them that the guest itself says, on any machine.
table_said() { tr ';' '\n' <<< "$1" | grep '^guest:' | paste -sd ';'; }

# table_run FUNCTION [NAME...]: FUNCTION NAME STATUS WORDS NATIVE OPTION PROCESS for each
# line, or for those named. What it says is shown when it fails, and the report in
# its log, $TMP/log. Fails unless all lines pass and there is one; a line for which
# FUNCTION returns 77 is left out, for the reason that it says.
table_run() {
	local name status words native option process out code passed=0 failed=0 left=0 call=$1
	shift
	while IFS='|' read -r name status words native option process; do
		[[ $name =~ ^[a-z] ]] || continue
		[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
		out=$("$call" "$name" "$status" "$words" "$native" "$option" "$process" 2>&1)
		code=$?
		case $code in
		0)	passed=$((passed + 1))
			say "$name: ok" ;;
		77)	left=$((left + 1))
			say "$name: left out: $out" ;;
		*)	failed=$((failed + 1))
			say "BAD $name: $out"
			sed -n '/previrt: the guest has/,$p' "$TMP/log" | head -30 ;;
		esac
	done < "$TABLE"
	say "$passed passed, $failed failed, $left left out"
	[ $failed -eq 0 ] && [ $passed -gt 0 ]
}
