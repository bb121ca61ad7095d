# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Bash completion for previrt. Commands and options are the program's own words
# (previrt help), so that this file knows none of them.

# The first words of the indented lines, and all of --option, -o and =VALUE|VALUE
_previrt_words() {
	"$1" help ${2:+"$2"} 2>/dev/null | awk '
		/^  [a-z]/ { print $1 }
		/^  -/ {
			for (i = 1; i <= NF && $i ~ /^-/; i++) {
				sub(/,$/, "", $i)
				n = split($i, part, "=")
				if (n < 2) { print $i; continue }
				m = split(part[2], value, "|")
				for (j = 1; j <= m; j++)
					print part[1] "=" (value[j] ~ /^[a-z]/ ? value[j] : "")
			}
		}'
}

_previrt() {
	local program=$1 command=${COMP_WORDS[1]} line=${COMP_LINE:0:COMP_POINT} word
	# Bash parts words at "=": take the whole word, reply with its tail.
	word=${line##* }
	case $command in
	--cflags*|--aflags*) command=flags ;;
	esac
	[ "$COMP_CWORD" -gt 1 ] || command=
	COMPREPLY=()
	if [ -z "$command" ] || [ "$command" = help ] || [[ $word == -* ]]; then
		[ "$command" = help ] && command=
		mapfile -t COMPREPLY < <(compgen -W "$(_previrt_words "$program" "$command")" -- "$word")
		[[ $word != *=* ]] || COMPREPLY=("${COMPREPLY[@]#*=}")
		[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
	elif [ "$command" != flags ]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -F _previrt previrt
