# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Compares three lists: exempt ranges ("section start size"), the sites that
# `previrt dump -q` lists, and what sensitive.awk found; for objdump-scan.
# Status 1 if something is missing. Addresses are split in text: the last seven
# digits become a number, which every awk holds exactly, the rest stays text.

function hex(text,   i, n) {
	n = 0
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}
function whole(a) { return substr("0000000000000000" a, length(a) + 1) }
function low(a) { return hex(substr(whole(a), 10)) }
function high(a) { return substr(whole(a), 1, 9) }
function in_exempt(section, h, l,   i) {
	for (i = 1; i <= n; i++)
		if (range_section[i] == section && (range_all[i] ||
		    (range_high[i] == h && l >= range_low[i] &&
		     l < range_low[i] + range_size[i])))
			return 1
	return 0
}

FNR == 1 { part++ }

part == 1 && NF {
	n++
	range_section[n] = $1
	range_all[n] = $2 == "*"
	range_high[n] = high($2)
	range_low[n] = low($2)
	range_size[n] = $3
}

part == 2 && NF && $7 !~ /call/ {
	start = low($1) + ($7 ~ /pad-before/ ? $6 : 0)
	end = $7 ~ /fused/ ? start + $5 : start + 1
	name[++sites] = $2 " " $1 " " $3
	site_section[sites] = $2
	site_high[sites] = high($1)
	site_low[sites] = start
	for (a = start; a < end; a++)
		at[$2, high($1), a] = sites
}

part == 3 && NF {
	shown++
	h = high($2)
	l = low($2)
	if (($1, h, l) in at) {
		seen[at[$1, h, l]] = 1
		good++
		next
	}
	if (in_exempt($1, h, l)) {
		exempt++
		next
	}
	missing++
	print file ": not in the table: " $0
}

END {
	# Code of another mode is not shown as what it is.
	for (i = 1; i <= sites; i++)
		if (!(i in seen) && !in_exempt(site_section[i], site_high[i], site_low[i])) {
			unseen++
			print file ": objdump shows no such instruction: " name[i]
		}
	printf "%s: objdump shows %d sensitive instructions: %d in the table, " \
	       "%d exempt, %d missing; %d sites, %d not shown\n", file, shown,
	       good, exempt, missing, sites, unseen
	exit missing || unseen
}
