# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Picks the sensitive instructions out of objdump's disassembly, by mnemonic
# and operands only: shares nothing with previrt's decoder. The mnemonics come
# from the asm column of plugin/insns.tbl, read first; then `objdump -d -w
# --no-show-raw-insn`. Prints "section address mnemonic function"
# for each.

FILENAME ~ /insns\.tbl$/ {
	if (/^#/ || NF == 0)
		next
	split($0, column, /[ \t]*\|[ \t]*/)
	n = split(column[12], names, " ")
	for (i = 1; i <= n; i++) {
		name = names[i]
		sub(/^[a-z0-9]+\+/, "", name)
		sub(/[=@].*/, "", name)
		if (name != "-")
			sensitive[name] = 1
	}
	next
}

FNR == 1 || !ready {
	ready = 1
	# Far transfers with an immediate have no mnemonic of their own.
	sensitive["ljmp"] = sensitive["lcall"] = 1
	# These are sensitive only with certain operands.
	n = split("mov movw movl movq movabs push pushw pushl pushq pop popw popl popq", names, " ")
	for (i = 1; i <= n; i++)
		operands[names[i]] = 1
}

/^Disassembly of section / {
	section = $4
	sub(/:$/, "", section)
	next
}

/^[0-9a-f]+ <.*>:$/ {
	place = substr($2, 2, length($2) - 3)
	next
}

# "  address:	mnemonic operands", prefixes being words of their own.
match($0, /^ *[0-9a-f]+:\t/) {
	address = $1
	sub(/:$/, "", address)
	text = substr($0, RLENGTH + 1)
	sub(/[ \t]*#.*/, "", text)
	n = split(text, word, /[ \t]+/)
	i = 1
	while (i <= n && word[i] ~ /^(cs|ds|es|fs|gs|ss|rep|repz|repnz|repe|repne|lock|data16|data32|addr16|addr32|notrack|bnd|xacquire|xrelease|rex(\.[WRXB]+)?)$/)
		i++
	mnemonic = word[i]
	rest = ""
	for (i++; i <= n; i++)
		rest = rest " " word[i]
	if (mnemonic in operands) {
		if (rest !~ /%(cr|db|dr|tr)[0-9]/ &&
		    rest !~ /%[cdefgs]s($|[^:a-z0-9])/)
			next
	} else if (!(mnemonic in sensitive))
		next
	print section, address, mnemonic, place
}
