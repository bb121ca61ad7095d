# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Runs the commands of a page of docs/ and compares what they print; to be sourced by bash,
# behind ../lib/common.sh. In a page,
#
#	```sh		is run, in one shell for the whole page
#	```sh root	is run in another, root's
#	```sh long	is run if run_long is set, and passed over otherwise
#	```text		right behind one of these, is what it prints: "..." stands for any
#			text, on a line of its own for any lines
#
# The variables user_shell and root_shell are the commands that start a shell, run_page's
# FOLDER is what they see as /tmp (on the host: /tmp itself).
user_shell=(bash) root_shell=(bash) run_long=

# page_blocks PAGE FOLDER: files NUMBER.KIND of the blocks, KIND with - for blanks
page_blocks() {
	awk -v folder="$2" '
		/^```/ && file != "" { close(file); file = ""; next }
		/^```sh/ { kind = substr($0, 4); gsub(/ /, "-", kind); n++; after = 1
			file = sprintf("%s/%02d.%s", folder, n, kind); printf "" > file; next }
		/^```text/ && after { file = sprintf("%s/%02d.text", folder, n); after = 0; next }
		/^```/ { inside = !inside }
		file != "" { print > file; next }
		/[^ ]/ { after = 0 }' "$1"
}

# pattern_of FILE: what it says, as a pattern of [[
pattern_of() { sed 's/[][*?\\()|!@+^<>]/\\&/g; s/\.\.\./*/g' "$1"; }

# compare_block PRINTED EXPECTED: files
compare_block() {
	local printed pattern
	printed=$(cat "$1") pattern=$(pattern_of "$2")
	# shellcheck disable=SC2053	# a pattern
	[[ $printed == $pattern ]]
}

declare -A to_shell from_shell
start_shell() {	# NAME COMMAND...
	local in out
	mkfifo "$TMP/$1.in" "$TMP/$1.out" || exit 1
	"${@:2}" < "$TMP/$1.in" > "$TMP/$1.out" 2>&1 &
	exec {in}> "$TMP/$1.in" {out}< "$TMP/$1.out"
	to_shell[$1]=$in from_shell[$1]=$out
	rm "$TMP/$1.in" "$TMP/$1.out"
}

end_shells() {
	local fd
	for fd in "${to_shell[@]}" "${from_shell[@]}"; do exec {fd}>&-; done
	wait
}

# in_shell NAME BLOCK: one block, by a shell that runs; sets status, and what it prints
# is in TMP/printed
in_shell() {
	local line
	cp "$2" "$folder/block" && chmod 644 "$folder/block"
	printf '. %s/block < /dev/null\necho "@@ $?"\n' "$seen" >&"${to_shell[$1]}"
	: > "$TMP/printed"
	status=gone
	while IFS= read -r line <&"${from_shell[$1]}"; do
		case $line in '@@ '*) status=${line#@@ }; return ;; esac
		printf '%s\n' "${line%$'\r'}" | tee -a "$TMP/printed"
	done
}

# run_page PAGE FOLDER: FOLDER on the host is what the shells see as /tmp
run_page() {
	local folder=$2 seen=/tmp block kind status ran=0 compared=0
	[ "$folder" != "$TMP" ] || seen=$TMP
	mkdir -p "$TMP/blocks" && rm -f "$TMP"/blocks/* && page_blocks "$1" "$TMP/blocks" || exit 1
	start_shell root "${root_shell[@]}"
	start_shell user "${user_shell[@]}"
	for block in "$TMP"/blocks/*.sh*; do
		kind=${block##*.}
		case $kind in
		sh-root) in_shell root "$block" ;;
		sh-long) [ -n "$run_long" ] || { instead_of_long; continue; }
			in_shell user "$block" ;;
		sh) in_shell user "$block" ;;
		*) die "$1 has a block '$kind'" ;;
		esac
		ran=$((ran + 1))
		[ "$status" = 0 ] || { cat "$block"; die "$1: the block above ends with status $status"; }
		[ -f "${block%.*}.text" ] || continue
		compare_block "$TMP/printed" "${block%.*}.text" || {
			diff "${block%.*}.text" "$TMP/printed"; die "$1: a block prints something else"; }
		compared=$((compared + 1))
	done
	end_shells
	say "$1: $ran blocks ran, $compared print what the page says"
}
