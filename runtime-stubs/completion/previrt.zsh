#compdef previrt
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Zsh completion for previrt, installed as _previrt. Commands and options are the
# program's own words (previrt help --words), so that this file knows none of them.

_previrt() {
	local command=$words[2] line
	local -a full open full_text open_text
	case $command in
	--cflags*|--aflags*) command=flags ;;
	esac
	(( CURRENT > 2 )) || command=
	if [[ -z $command || $command == help || $words[CURRENT] == -* ]]; then
		[[ $command != help ]] || command=
		for line in ${(f)"$($words[1] help --words $command 2>/dev/null)"}; do
			if [[ ${line%%$'\t'*} == *= ]]; then
				open+=(${line%%$'\t'*}) open_text+=(${line/$'\t'/  -- })
			else
				full+=(${line%%$'\t'*}) full_text+=(${line/$'\t'/  -- })
			fi
		done
		compadd -l -d full_text -a full
		compadd -l -d open_text -S '' -a open
	elif [[ $command != flags ]]; then
		_files
	fi
}
_previrt "$@"
