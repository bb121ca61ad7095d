# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Small functions shared by the test scripts; to be sourced by bash.
#
# Sets TOP (the repository's root, absolute) and BUILD (TOP/build).  Knows
# nothing of any single test.  Exit statuses of a case: 0 passed, 77 skipped
# (last line of output is the reason), anything else failed.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034  # for those who source this file
BUILD=$TOP/build
ME=${0##*/}

# say TEXT...: one line of news on standard error.
say() { printf '%s: %s\n' "$ME" "$*" >&2; }

# die TEXT...: the error, and out with status 1.
die() { printf '%s: error: %s\n' "$ME" "$*" >&2; exit 1; }

# usage_error TEXT...: wrong use, status 2.
usage_error() { printf '%s: %s (see %s --help)\n' "$ME" "$*" "$ME" >&2; exit 2; }

# skip REASON...: end this case as skipped; a skip is not a pass.
skip() { printf 'skip: %s\n' "$*"; exit 77; }

# need PROGRAM...: programs without which nothing works; tests/setup brings them.
need() {
	local p
	for p; do
		command -v "$p" >/dev/null 2>&1 || [ -x "$p" ] ||
			die "$p is missing; run tests/setup first"
	done
}

# help_from_head: print the comment block at the head of the calling script.
help_from_head() { sed -n '2,/^[^#]/{/^# SPDX\|^# Copyright/d; s/^# \{0,1\}//p}' "$0"; }

# digest FILE|-...: one sha256 over the named files' contents.
digest() { cat -- "$@" | sha256sum | cut -c1-64; }

# make_tmp: sets TMP to a fresh directory that goes away with the script.
make_tmp() {
	TMP=$(mktemp -d "${TMPDIR:-/tmp}/previrt.XXXXXX") || die "no temporary directory"
	trap 'rm -rf "$TMP"' EXIT
}

# large_pages: programs started from now on have their memory in large pages, if the host
# has any on request. A compiler takes a fifth less of a processor and makes the same bytes.
large_pages() {
	local library=$BUILD/tests/large_pages.so source=$TOP/tests/lib/large_pages.c

	case $BUILD in *[[:space:]:]*) return 0 ;; esac
	if [ ! "$library" -nt "$source" ]; then
		mkdir -p "$BUILD/tests" && gcc -O2 -shared -fPIC -o "$library.$$" "$source" &&
			mv "$library.$$" "$library" || return 0
	fi
	export LD_PRELOAD=$library${LD_PRELOAD:+:$LD_PRELOAD}
	export GLIBC_TUNABLES=glibc.malloc.hugetlb=1${GLIBC_TUNABLES:+:$GLIBC_TUNABLES}
}

# run_program MODE PROGRAM [ARGUMENT...]: run a program of 64-bit or 32-bit
# code, for a minute at most. Not every host's kernel runs 32-bit programs; QEMU does where it does not.
run_program() {
	local mode=$1
	shift
	if [ "$mode" = 32 ] && ! runs_32; then
		need qemu-i386
		set -- qemu-i386 "$@"
	fi
	timeout 60 "$@"
}

# runs_32: does this host's kernel run 32-bit programs?
runs_32() {
	local tmp
	if [ -z "${RUNS_32-}" ]; then
		tmp=$(mktemp -d "${TMPDIR:-/tmp}/previrt.XXXXXX") || die "no temporary directory"
		printf '.globl _start\n_start: mov $1, %%eax; xor %%ebx, %%ebx; int $0x80\n' |
			as --32 -o "$tmp/o" - && ld -m elf_i386 -o "$tmp/exit" "$tmp/o" || die "no 32-bit program"
		if "$tmp/exit" 2> /dev/null; then RUNS_32=yes; else RUNS_32=no; fi
		rm -rf "$tmp"
	fi
	[ $RUNS_32 = yes ]
}

# expect WHAT GOT WANTED: fail with both values unless they are equal.
expect() {
	[ "$2" = "$3" ] || die "$1: got '$2', wanted '$3'"
}
