/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Loads an ELF kernel at its physical addresses and rewrites its sites there,
 * before its first instruction runs. ELF: System V ABI, chapters 4 and 5.
 */
#include "wedge.h"
#include "entry.h"
#include "print.h"
#include "../iface/clock.h"
#include "../iface/fastpath.h"
#include "../iface/memory.h"
#include "../iface/vcpu.h"
#include "insns.h"
#include <elf.h>
#include <string.h>

struct rewriter wedge_rewriter;

void wedge_tell_slots(void)
{
	static unsigned told, jumps;

	if (wedge_wants_exact)
		return;
	for (; jumps < wedge_rewriter.jump_count; jumps++)
		backend_jump_slot(jumps, &wedge_rewriter.jumps[jumps].insn);

	for (; told < wedge_rewriter.call_count; told++) {
		const struct rewriter_kind *kind = &wedge_rewriter.calls[told];

		backend_call_slot(told, &kind->insn, kind->at, kind->size, kind->jump_len);
	}
}

static int image_header_good(const Elf64_Ehdr *ehdr, size_t size)
{
	return size >= sizeof(*ehdr) && !memcmp(ehdr->e_ident, ELFMAG, SELFMAG) &&
	       ehdr->e_ident[EI_CLASS] == ELFCLASS64 && ehdr->e_machine == EM_X86_64 &&
	       ehdr->e_phentsize == sizeof(Elf64_Phdr) && ehdr->e_phoff <= size &&
	       ehdr->e_phnum <= (size - ehdr->e_phoff) / sizeof(Elf64_Phdr);
}

static void image_load_segment(const uint8_t *image, size_t size, const Elf64_Phdr *p)
{
	uint64_t memory = backend_low_bytes;
	uint8_t *to;

	if (p->p_offset > size || p->p_filesz > size - p->p_offset ||
	    p->p_filesz > p->p_memsz)
		wedge_stop("a segment of the kernel lies outside its file");
	if (p->p_paddr < 0x100000 || p->p_paddr > memory || p->p_memsz > memory - p->p_paddr)
		wedge_stop("the kernel does not fit into the guest's memory");
	to = backend_guest(p->p_paddr);
	memcpy(to, image + p->p_offset, p->p_filesz);
	memset(to + p->p_filesz, 0, p->p_memsz - p->p_filesz);
}

static void image_fail(const char *why)
{
	struct rewriter *rw = &wedge_rewriter;

	wedge_print("previrt: %s: site %lx, %s (%d)\n", rewriter_strerror(rw->error),
		    rw->bad_site, previrt_insns[rw->bad_op].name ?
		    previrt_insns[rw->bad_op].name : "unknown", rw->detail);
	wedge_stop(why);
}

/* Where the kernel is in guest memory, and its table of sites. */
static uint64_t image_low;
static struct image_notes image_notes;

void image_rewrite(void)
{
	const struct image_notes *notes = &image_notes;
	struct rewriter *rw = &wedge_rewriter;
	uint64_t start, end;

	rw->target = (struct rewriter_target){
		.if_byte = backend_if_byte(),
		.gs_byte = (uint64_t)&previrt_cpu.gs_swapped + backend_sites_offset,
		.call_slots = (uint64_t)previrt_call_slots + backend_sites_offset,
		.jump_slots = (uint64_t)previrt_jump_slots + backend_sites_offset,
		.fs_base = backend_fs_base,
		.near_slots = backend_near_slots,
	};
	rw->calls = backend_memory(REWRITER_CALLS * sizeof(*rw->calls));
	rw->jumps = backend_memory(REWRITER_JUMPS * sizeof(*rw->jumps));
	rw->memory = backend_guest(image_low);
	start = backend_time();
	if (rewriter_plan(rw, notes->data, notes->size, notes->align, notes->address))
		image_fail("the kernel cannot be rewritten; nothing was changed");
	if (rewriter_apply(rw, notes->data, notes->size, notes->align, notes->address))
		image_fail("the kernel cannot be rewritten; all was put back");
	wedge_tell_slots();
	end = backend_time();
	if (!rw->sites)
		wedge_stop("vmlinux has no table of sites: it was not built with previrt");
	wedge_print("previrt: %u sites rewritten in %lu us: in line %u, calls %u (%u kinds), "
		    "jumps %u, left %u, to trap %u\n", rw->sites, (end - start) / 1000,
		    rw->by_template[REWRITER_CLI] + rw->by_template[REWRITER_SWAPGS] +
		    rw->by_template[REWRITER_NOTHING], rw->by_template[REWRITER_CALL],
		    rw->call_count, rw->by_template[REWRITER_JUMP],
		    rw->by_template[REWRITER_LEAVE], rw->by_template[REWRITER_TRAP]);
}

/* Adds the segments whose link address and place differ by another amount than those of the
   kernel's code. If there is no room for one, a site in it stops the load. */
static void image_find_areas(const Elf64_Phdr *phdrs, int count, uint64_t delta)
{
	struct rewriter *rw = &wedge_rewriter;

	for (int i = 0; i < count && rw->area_count < REWRITER_AREAS; i++) {
		const Elf64_Phdr *p = &phdrs[i];

		if (p->p_type == PT_LOAD && p->p_filesz && p->p_vaddr - p->p_paddr != delta)
			rw->areas[rw->area_count++] = (struct rewriter_area){
				p->p_vaddr, p->p_filesz, backend_guest(p->p_paddr) };
	}
}

void image_undo(void)
{
	rewriter_undo(&wedge_rewriter, image_notes.data, image_notes.size, image_notes.align,
		      image_notes.address);
}

void image_redo(void)
{
	if (rewriter_apply(&wedge_rewriter, image_notes.data, image_notes.size, image_notes.align,
			   image_notes.address))
		image_fail("the kernel cannot be rewritten once more");
}

void image_find(const uint8_t *image, size_t size, uint64_t *entry, uint64_t *end)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *phdrs;
	uint64_t low = ~0ull, high = 0, delta = 0;

	if (!image_header_good(ehdr, size))
		wedge_stop("vmlinux is no ELF kernel for x86-64");
	phdrs = (const void *)(image + ehdr->e_phoff);
	for (int i = 0; i < ehdr->e_phnum; i++) {
		const Elf64_Phdr *p = &phdrs[i];

		if (p->p_type != PT_LOAD || !p->p_memsz)
			continue;
		if (p->p_flags & PF_X)
			delta = p->p_vaddr - p->p_paddr;
		if (p->p_paddr < low)
			low = p->p_paddr;
		if (p->p_paddr + p->p_memsz > high)
			high = p->p_paddr + p->p_memsz;
	}
	if (!high)
		wedge_stop("vmlinux has nothing to load");
	*entry = ehdr->e_entry;
	*end = high;
	if (*entry < low || *entry >= high)
		wedge_stop("the entry is no physical address of the kernel, as the boot protocol wants it");
	image_find_areas(phdrs, ehdr->e_phnum, delta);
	image_find_notes(image, size, &image_notes);
	image_low = low;
	wedge_rewriter.address = low + delta;
	wedge_rewriter.size = high - low;
}

void image_load(const uint8_t *image, size_t size)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *p = (const void *)(image + ehdr->e_phoff);

	for (int i = 0; i < ehdr->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && p[i].p_memsz)
			image_load_segment(image, size, &p[i]);
}
