# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# What the tests of compile caches and compile farms share; to be sourced.
#
# enter_namespace "$@" first.  Then TMP is a scratch folder, PREFIX an installed
# previrt in it, and UNITS the sources of a unit in C, one in C of a kernel's
# manner (-Wp,-MMD, -include) and one in assembler, with one function each.

# shellcheck source=../lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

# enter_namespace ARGUMENTS-OF-THE-SCRIPT...: run the script again where its
# mounts, processes and network are its own: servers listen on a loopback that
# nobody else has and die with the script.  Skips where that is not permitted.
enter_namespace() {
	if [ "${1-}" != --inside ]; then
		unshare -mnpf --kill-child true 2>/dev/null ||
			skip "no right to make namespaces (unshare -m -n -p)"
		make -C "$TOP" --no-print-directory all || exit 1
		make_tmp
		TMP=$TMP unshare -mnpf --kill-child --mount-proc --propagation private "$0" --inside
		exit
	fi
	ip link set lo up || die "no loopback"
	chmod 755 "$TMP"
	export TMPDIR=$TMP
	cd "$TMP" || exit 1
	PREFIX=$TMP/prefix
	install_previrt
	make_units
}

install_previrt() {
	make -C "$TOP" install prefix="$PREFIX" > "$TMP/install.log" 2>&1 ||
		{ cat "$TMP/install.log"; die "make install failed"; }
	read_flags
}

# read_flags: the flags as an array each, after whatever changed below PREFIX
read_flags() {
	local c a
	c=$("$PREFIX/bin/previrt" --cflags) && a=$("$PREFIX/bin/previrt" --aflags) || exit 1
	read -r -a CFLAGS <<< "$c"
	read -r -a AFLAGS <<< "$a"
}

make_units() {
	cat > "$TMP/plain.c" <<-'END'
	unsigned long save(void)
	{
		unsigned long flags;
		asm volatile("pushf; pop %0" : "=rm" (flags) : : "memory");
		asm volatile("cli" : : : "memory");
		return flags;
	}
	END
	echo '#define PORT 0x80' > "$TMP/port.h"
	cat > "$TMP/kernel.c" <<-'END'
	void halt(void)
	{
		asm volatile("outb %%al, %0" : : "N" (PORT), "a" (0));
		asm volatile("sti; hlt" : : : "memory");
	}
	END
	cat > "$TMP/entry.S" <<-'END'
	#ifdef __ASSEMBLER__
		.globl entry
	entry:	cli
		swapgs
		ret
	#endif
	END
	UNITS=(plain.c kernel.c entry.S)
}

# compile OUT UNIT WRAPPER...: with previrt's flags, through WRAPPER gcc
compile() {
	local out=$1 unit=$2
	shift 2
	case $unit in
	*.S) "$@" gcc "${AFLAGS[@]}" -D__ASSEMBLY__ -c -o "$out" "$unit" ;;
	kernel.c) "$@" gcc -O2 -Wp,-MMD,"$out.d" -include "$TMP/port.h" -fno-pie "${CFLAGS[@]}" \
			-c -o "$out" "$unit" ;;
	*) "$@" gcc -O2 "${CFLAGS[@]}" -c -o "$out" "$unit" ;;
	esac
}

# sites OBJECT: how many, by the program's own reading
sites() { "$PREFIX/bin/previrt" dump "$1" | grep -cwE 'cli|pushf_pop|out|outb|sti_hlt|swapgs'; }

# compile_locally: UNIT.local.o of each unit, with two sites each
compile_locally() {
	for unit in "${UNITS[@]}"; do
		compile "$unit.local.o" "$unit" || die "$unit does not compile"
		"$PREFIX/bin/previrt" check -q "$unit.local.o" || die "$unit: check"
		expect "sites of $unit" "$(sites "$unit.local.o")" 2
	done
}

# is_local OBJECT UNIT: the same bytes as compiled without any wrapper
is_local() { cmp "$1" "$2.local.o" || die "$2: not the object of a local compile"; }
