# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# awk -v kinds="limit qemu" [-v loose=KINDS] -f compare.awk EXPECTED MACHINE WEDGE [SECOND]
#
# Compares what the guest said on a bare machine and by a wedge, line by line. Each
# difference must have a line in a section of EXPECTED of one of the kinds, and each
# such line a difference, but for those of kinds @loose. A run that is missing is "-".
# Where a section of kind qemu has the line, the second machine must say what the wedge
# says; but for RF, which QEMU does not push with a fault (SDM volume 3, 17.3.1.1).
# Of kind limit-bochs, flags may differ in RF. What does not hold is printed; then the
# exit status is 1.

# A list of names with asterisks -> a regular expression.
function names(list,	s) {
	s = list
	gsub(/[.+?()\[\]^$]/, "\\\\&", s)
	gsub(/\*/, ".*", s)
	gsub(/ +/, "|", s)
	return "^(" s ")$"
}

function pattern(text,	s) {
	s = text
	gsub(/[.+?()\[\]^$]/, "\\\\&", s)
	gsub(/\*/, ".*", s)
	return "^" s "$"
}

function trim(s) { sub(/^[ \t]+/, "", s); sub(/[ \t]+$/, "", s); return s }

function expectation(	field, n) {
	n = split($0, field, "|")
	if (n != 5) {
		print FILENAME ":" FNR ": " n " columns instead of 5"
		bad = 1
		return
	}
	rules++
	for (n = 1; n <= 3; n++)
		rule[rules, n] = names(trim(field[n]))
	for (; n <= 5; n++)
		rule[rules, n] = pattern(trim(field[n]))
	text[rules] = $0
	kind_of[rules] = kind
}

function expected(key, a, b,	part, i, found) {
	split(key, part, " ")
	for (i = 1; i <= rules; i++)
		if (part[1] ~ rule[i, 1] && part[2] ~ rule[i, 2] && part[3] ~ rule[i, 3] &&
		    a ~ rule[i, 4] && b ~ rule[i, 5]) {
			used[i] = 1
			if (found == "" || found == "qemu")
				found = kind_of[i]
		}
	return found
}

{ sub(/\r+$/, "") }
FNR == 1 { file++ }
file == 1 && /^@/ {
	kind = substr($1, 2)
	wanted = " " kinds " " ~ " " kind " "
	next
}
file == 1 { if (wanted && !/^#/ && NF) expectation(); next }
/^[^ ]+ [^ ]+ [kucr] / {
	key = $1 " " $2 " " $3
	said[file, key] = substr($0, length(key) + 2)
	if (!(key in keys)) {
		keys[key]
		order[++count] = key
	}
}
function without_rf(s,	flags) {
	if (!match(s, / f=[15][0-9a-f][0-9a-f][0-9a-f][0-9a-f] /))
		return s
	flags = substr(s, RSTART + 4, 4)
	if (substr(s, RSTART + 3, 1) == "5")
		flags = "4" flags
	else
		sub(/^0+/, "", flags)
	return substr(s, 1, RSTART + 2) flags substr(s, RSTART + RLENGTH - 1)
}
function of(file, key) { return (file, key) in said ? said[file, key] : "-" }
END {
	for (i = 1; i <= count; i++) {
		key = order[i]
		a = of(2, key)
		b = of(3, key)
		if (a == b)
			same++
		else if (" " kinds " " ~ / limit-bochs / && without_rf(a) == without_rf(b))
			known++
		else if ((why = expected(key, a, b)) != "") {
			known++
			if (file == 4 && why == "qemu" && without_rf(of(4, key)) != without_rf(b)) {
				print "BAD " key " | " a " | " b " | the second: " of(4, key)
				bad = 1
			}
		} else {
			print "BAD " key " | " a " | " b
			bad = 1
		}
	}
	for (i = 1; i <= rules; i++)
		if (!(i in used) && !(" " loose " " ~ " " kind_of[i] " ")) {
			print "BAD no such difference: " text[i]
			bad = 1
		}
	print same + 0 " the same, " known + 0 " different as expected"
	exit bad || !same
}
