# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Bash completion for previrt. Commands and options are the program's own words
# (previrt help --words), so that this file knows none of them.

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
		mapfile -t COMPREPLY < <(compgen -W \
			"$("$program" help --words ${command:+"$command"} 2>/dev/null | cut -f 1)" -- "$word")
		[[ $word != *=* ]] || COMPREPLY=("${COMPREPLY[@]#*=}")
		[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
	elif [ "$command" != flags ]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -F _previrt previrt
