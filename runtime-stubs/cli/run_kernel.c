/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt run and bundle: is a file a kernel that can be started? Only what cannot be
 * is said; the rest is for those who load it.
 *
 * The boot protocol is Linux's for 64 bits (Documentation/x86/boot.rst): memory below
 * 4 GiB is mapped where it is, and the entry, a physical address of a segment, is
 * entered in 64-bit mode.
 */
#include "diag.h"
#include "guess.h"
#include "run.h"
#include "sites.h"
#include <elf.h>
#include <stdio.h>
#include <string.h>

/* A boot loader's header is among the first bytes (Multiboot2 2.0, 3.1). */
#define HEADER_BYTES 32768u

const char run_kernel_ia32[] = "a kernel for IA-32: the wedge and the loader start kernels for "
	"x86-64 alone (of a 64-bit kernel wrapped for a boot loader, give the ELF file of 64 bits)";

/* A word of what stands at the entry instead, for a message; "" if nothing tells. */
static const char *kernel_protocol(const uint8_t *data, size_t size)
{
	struct section file = { .data = data, .size = size < HEADER_BYTES ? size : HEADER_BYTES };
	const char *what;

	for (uint64_t at = 0; at + 12 <= file.size; at += 4)
		if (guess_header(&file, at, &what))
			return what;
	return NULL;
}

static const Elf64_Phdr *kernel_segment(const uint8_t *data, unsigned i, Elf64_Phdr *phdr)
{
	const Elf64_Ehdr *ehdr = (const void *)data;

	memcpy(phdr, data + ehdr->e_phoff + i * sizeof(*phdr), sizeof(*phdr));
	return phdr;
}

static bool kernel_entry(const char *path, const uint8_t *data, size_t size)
{
	const Elf64_Ehdr *ehdr = (const void *)data;
	const char *protocol = kernel_protocol(data, size);
	Elf64_Phdr p;

	if (ehdr->e_phoff > size || ehdr->e_phnum > (size - ehdr->e_phoff) / sizeof(p) ||
	    (ehdr->e_phnum && ehdr->e_phentsize != sizeof(p))) {
		diag_error(DIAG_RUN_KERNEL, path, "the program headers lie outside the file");
		return false;
	}
	for (unsigned i = 0; i < ehdr->e_phnum; i++) {
		if (kernel_segment(data, i, &p)->p_type == PT_INTERP) {
			diag_error(DIAG_RUN_KERNEL, path, "a user program (it has an interpreter); "
				   "user programs need a kernel: give it, and them in an initrd "
				   "with -i");
			return false;
		}
		if (p.p_type == PT_LOAD && ehdr->e_entry < UINT64_C(1) << 32 &&
		    ehdr->e_entry >= p.p_paddr && ehdr->e_entry - p.p_paddr < p.p_memsz) {
			if (protocol)
				diag_warn(DIAG_RUN_PROTOCOL, path, "it has %s, by which the entry is "
					  "entered in 32-bit mode; here it is entered in 64-bit mode, "
					  "by Linux's 64-bit boot protocol", protocol);
			return true;
		}
	}
	diag_error(DIAG_RUN_ENTRY, path, "the entry %#llx is no physical address of a segment below "
		   "4 GiB, as Linux's 64-bit boot protocol wants it%s%s",
		   (unsigned long long)ehdr->e_entry, protocol ? "; the kernel has " : "",
		   protocol ? protocol : "");
	return false;
}

bool run_kernel_good(const char *path, const uint8_t *data, size_t size)
{
	const Elf64_Ehdr *ehdr = (const void *)data;
	const char *what = "no ELF file";

	if (size >= sizeof(*ehdr) && !memcmp(data, ELFMAG, SELFMAG)) {
		if (ehdr->e_machine == EM_386)
			what = run_kernel_ia32;
		else if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 || ehdr->e_machine != EM_X86_64)
			what = "an ELF file, but none for x86-64";
		else if (ehdr->e_type == ET_EXEC)
			return kernel_entry(path, data, size);
		else if (ehdr->e_type == ET_REL)
			what = "an object or a module, not a linked kernel; give the vmlinux";
		else
			what = "position-independent; link the kernel at fixed addresses (-no-pie)";
	} else if (size > 0x206 && !memcmp(data + 0x202, "HdrS", 4)) {
		what = "a bzImage; give the vmlinux that it was made from";
	}
	diag_error(DIAG_RUN_KERNEL, path, "%s", what);
	return false;
}

/* Do these notes, which may lie outside the file, have a table or a damaged one? */
static bool kernel_has_table(const uint8_t *data, size_t size, uint64_t offset, uint64_t bytes,
			     uint64_t align)
{
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;

	if (offset > size || bytes > size - offset)
		return false;
	previrt_sites_begin(&walk, data + offset, bytes, (unsigned)align);
	return previrt_sites_next(&walk, &unit) != PREVIRT_SITES_END;
}

void run_warn_table(const char *path, const uint8_t *data, size_t size)
{
	const Elf64_Ehdr *ehdr = (const void *)data;
	bool found = false;
	Elf64_Phdr p;
	Elf64_Shdr s;

	for (unsigned i = 0; i < ehdr->e_phnum && !found; i++)
		found = kernel_segment(data, i, &p)->p_type == PT_NOTE &&
			kernel_has_table(data, size, p.p_offset, p.p_filesz, p.p_align);
	for (unsigned i = 0; i < ehdr->e_shnum && !found && ehdr->e_shoff < size &&
	     (i + 1) * sizeof(s) <= size - ehdr->e_shoff; i++) {
		memcpy(&s, data + ehdr->e_shoff + i * sizeof(s), sizeof(s));
		found = s.sh_type == SHT_NOTE && s.sh_flags & SHF_ALLOC &&
			kernel_has_table(data, size, s.sh_offset, s.sh_size, s.sh_addralign);
	}
	if (!found)
		diag_warn(DIAG_RUN_TABLE, path, "no table of sites is in a note that is loaded: build "
			  "the kernel with the flags, and have its linker script keep the notes "
			  "(.note.previrt : { KEEP(*(.note.previrt)) } :text)");
}
