# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Fish completion for previrt. Commands and options are the program's own words
# (previrt help --words), so that this file knows none of them.

# The command that is being completed; nothing at the first word and behind help.
function __previrt_command
	set -l before (commandline -opc)
	set -q before[2]; or return
	switch $before[2]
	case '--cflags*' '--aflags*'
		echo flags
	case '*'
		test $before[2] = help; or echo $before[2]
	end
end

function __previrt_words
	set -l before (commandline -opc)
	$before[1] help --words (__previrt_command) 2>/dev/null
end

# Files, but for the first word, help and the flags.
complete -c previrt -f -n 'contains -- "$(__previrt_command)" "" flags'
complete -c previrt -a '(__previrt_words)'
