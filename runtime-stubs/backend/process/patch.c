/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A SYSCALL of user mode that has trapped often is replaced by a jump into the wedge, in a
 * copy of its page that the host maps in the page's place. Two forms, with jmp *abs32 (7 bytes):
 *
 *	b8 imm32 0f 05		mov $n, %eax; syscall		(PATCH_NUMBER)
 *	0f 05 48 3d imm32	syscall; cmp $n, %rax		(PATCH_COMPARE)
 *
 * Code that jumps between the two instructions finds what traps, ff /7 and IN: so such a jump,
 * the restart of a call, and a return behind it are as without a patch. No stack is touched.
 *
 * Invariants: memory of the guest's is as it was. A page that has a copy is writable nowhere,
 * for the guest or the wedge: before it is, the copy goes. A copy is mapped only for user
 * mode, where the page is executable and not writable.
 *
 * LIMIT: who reads the code by user mode's own addresses reads the jump. One processor only.
 */
#include "patch.h"
#include "../../mmu/maps/list.h"
#include "../../mmu/paging.h"
#include "../../wedge/wedge.h"
#include <linux/audit.h>
#include <linux/mman.h>
#include <linux/signal.h>
#include <string.h>

#define PATCH_AFTER 64u		/* traps, more each time that it is tried */
#define PATCH_TRIES 16u
#define PATCH_SEEN 256u
#define PATCH_RESUMES 1024u
#define PATCH_JUMP 7u		/* bytes */
#define PATCH_BEFORE 9u		/* bytes that may tell that b8 is no opcode */
#define PATCH_COMPARE_SIZE 6u
#define FRAME_RAX 13u		/* frame_order */
#define STUB_SIZE 15u
#define FLAGS_STATUS 0x8d5u	/* of a comparison: CF PF AF ZF SF OF */

enum patch_form { PATCH_NUMBER = 1, PATCH_COMPARE };

static struct patch_page {
	uint64_t va, frame;
	uint8_t used, mapped;
} pages[PATCH_PAGES];
static struct patch_site {
	uint64_t syscall;		/* its address */
	uint32_t immediate;
	uint8_t form, page;		/* form 0: none */
} sites[PATCH_SITES];
static struct patch_seen {
	uint64_t rip;
	uint32_t traps, tries;
} seen[PATCH_SEEN];
/* By address behind the system call. */
static uint16_t resumes[PATCH_RESUMES];
static uint64_t copies;			/* where they begin in the file; 0: none are made */
static unsigned in_use;			/* pages */
static unsigned next_page;
uint64_t process_patch_calls;

extern char process_patch_stubs[];
extern uint64_t process_patch_slots[];
extern uint32_t process_slot;
_Noreturn void process_patch_entered(void);

void process_patch_init(uint64_t file_size)
{
	uint64_t size = PATCH_PAGES * (uint64_t)BACKEND_PAGE;

	process_must("copies of code",
		     sys_call(__NR_ftruncate, process_memory_file, file_size + size, 0, 0));
	process_must("copies of code",
		     sys_call6(__NR_mmap, WEDGE_PATCHES, size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_FIXED_NOREPLACE, process_memory_file, file_size));
	copies = file_size;
}

static uint16_t *patch_resumes(uint64_t rip)
{
	return &resumes[(rip ^ rip >> 10) % PATCH_RESUMES];
}

static uint8_t *patch_copy(const struct patch_page *page)
{
	return (uint8_t *)WEDGE_PATCHES + (page - pages) * (uint64_t)BACKEND_PAGE;
}

static uint64_t patch_in_file(const struct patch_page *page)
{
	return copies + (page - pages) * (uint64_t)BACKEND_PAGE;
}

static long patch_map(const struct patch_page *page, uint64_t offset)
{
	process_calls[CALL_MAP]++;
	return sys_call6(__NR_mmap, page->va, BACKEND_PAGE, PROT_READ | PROT_EXEC,
			 MAP_SHARED | MAP_FIXED | MAP_POPULATE, process_memory_file, offset);
}

static void patch_drop(struct patch_page *page)
{
	if (page->mapped)
		process_must("to map a page", patch_map(page, page->frame));
	for (unsigned i = 0; i < PATCH_SITES; i++)
		if (sites[i].page == page - pages)
			sites[i].form = 0;
	page->used = page->mapped = 0;
	in_use--;
}

void process_patch_written(uint64_t frame)
{
	for (unsigned i = 0; in_use && i < PATCH_PAGES; i++)
		if (pages[i].used && pages[i].frame == frame)
			patch_drop(&pages[i]);
}

void process_patch_unmapped(uint64_t va, uint64_t size)
{
	for (unsigned i = 0; in_use && i < PATCH_PAGES; i++)
		if (pages[i].va - va < size)
			pages[i].mapped = 0;
}

void process_patch_mapped(int lower, uint64_t va, uint64_t size, unsigned rights, uint64_t frame)
{
	for (unsigned i = 0; in_use && i < PATCH_PAGES; i++) {
		struct patch_page *page = &pages[i];

		if (lower && page->va - va < size)
			page->mapped = 0;
		if (!page->used)
			continue;
		if ((rights & MAPS_WRITE) && page->frame - frame < size)
			patch_drop(page);
		else if (lower && page->va - va < size && page->va - va == page->frame - frame &&
			 (rights & MAPS_EXECUTE))
			page->mapped = patch_map(page, patch_in_file(page)) >= 0;
	}
}

/* Is b8 at @at, with @before bytes in front of it in its page, the opcode of a mov? It is none
   behind a prefix, and none as a displacement. */
static int patch_is_mov(const uint8_t *at, unsigned before)
{
	if (before < PATCH_BEFORE || (at[-1] & 0xf0) == 0x40 || at[-1] == 0x0f || at[-1] == 0x66)
		return 0;
	for (int i = -2; i >= -3; i--)		/* opcode, ModRM, perhaps SIB */
		if ((at[i + 1] & 0xc0) == 0x40 &&
		    (at[i] == 0xc7 || at[i] == 0x81 || at[i] == 0x69 || at[i] == 0xf7))
			return 0;
	return 1;
}

/* Of the SYSCALL at @offset of its page @code, made with @number. 0: none. */
static enum patch_form patch_form(const uint8_t *code, unsigned offset, uint64_t number)
{
	uint32_t immediate;

	if (code[offset] != 0x0f || code[offset + 1] != 0x05)
		return 0;
	if (offset + 2 + PATCH_COMPARE_SIZE <= BACKEND_PAGE &&
	    code[offset + 2] == 0x48 && code[offset + 3] == 0x3d)
		return PATCH_COMPARE;
	if (offset < PATCH_JUMP - 2 || code[offset - 5] != 0xb8 ||
	    !patch_is_mov(code + offset - 5, offset - 5))
		return 0;
	memcpy(&immediate, code + offset - 4, sizeof(immediate));
	return immediate == number ? PATCH_NUMBER : 0;
}

/* Page @frame can be written to by nobody from now on. */
static int patch_is_clean(uint64_t frame, uint64_t gfn)
{
	backend_frame_clean(gfn);
	backend_table_commit(BACKEND_FLUSH);
	if (!process_memory_is_clean(gfn))
		return 0;
	for (unsigned half = 0; half < 2; half++)
		for (unsigned i = 0; i < process_maps[half].count; i++)
			if (process_maps[half].pages[i].frame == frame &&
			    (process_maps[half].pages[i].va & MAPS_WRITE))
				return 0;
	return 1;
}

/* The copy of page @frame at @va: NULL: there can be none. */
static struct patch_page *patch_page(uint64_t va, uint64_t frame, uint64_t gfn)
{
	struct patch_page *page;
	unsigned at;

	for (unsigned i = 0; i < PATCH_PAGES; i++)
		if (pages[i].used && pages[i].va == va && pages[i].frame == frame)
			return &pages[i];
	if (!patch_is_clean(frame, gfn))
		return NULL;
	page = &pages[next_page++ % PATCH_PAGES];
	if (page->used)
		patch_drop(page);
	*page = (struct patch_page){ .va = va, .frame = frame, .used = 1 };
	in_use++;
	memcpy(patch_copy(page), backend_guest_memory + gfn * BACKEND_PAGE, BACKEND_PAGE);
	at = maps_list_find(&process_maps[0], va);
	page->mapped = at < process_maps[0].count &&
		       process_maps[0].pages[at].va == (va | MAPS_READ | MAPS_EXECUTE) &&
		       process_maps[0].pages[at].frame == frame &&
		       patch_map(page, patch_in_file(page)) >= 0;
	return page;
}

static void patch_write(struct patch_page *page, const uint8_t *original, uint64_t syscall,
			enum patch_form form)
{
	uint8_t *at = patch_copy(page) + syscall % BACKEND_PAGE;
	uint8_t jump[PATCH_JUMP] = { 0xff, 0x24, 0xe5 };
	uint8_t *start = form == PATCH_NUMBER ? at - 5 : at;
	unsigned n = 0;
	uint32_t slot;

	while (n < PATCH_SITES && sites[n].form)
		n++;
	/* A jump may stand there already. */
	if (n == PATCH_SITES || memcmp(start, original + (start - patch_copy(page)), PATCH_JUMP + 1))
		return;
	sites[n] = (struct patch_site){ .syscall = syscall, .form = form, .page = page - pages };
	memcpy(&sites[n].immediate, form == PATCH_NUMBER ? at - 4 : at + 4, 4);
	slot = WEDGE_LOW + ((uint64_t)&process_patch_slots[n] - (uint64_t)process_sites);
	memcpy(jump + 3, &slot, sizeof(slot));
	memcpy(start, jump, sizeof(jump));
	*patch_resumes(syscall + 2) = n;
}

/* The SYSCALL at @syscall, made with @number, jumps from now on, if it can. */
static void patch_make(uint64_t syscall, uint64_t number)
{
	uint64_t va = syscall & -(uint64_t)BACKEND_PAGE, frame, gfn;
	struct maps_walk walk = { .single = 0 };
	struct patch_page *page;
	enum patch_form form;
	const uint8_t *code;

	maps_walk_tables(maps_user_root, va, &walk);
	if (!walk.leaf || (walk.rights & (PTE_U | PTE_W | PTE_NX)) != PTE_U || backend_is_upper(va))
		return;
	frame = *walk.leaf & PTE_ADDRESS;
	gfn = backend_gfn(frame);
	if (gfn == BACKEND_NO_FRAME)
		return;
	code = backend_guest_memory + gfn * BACKEND_PAGE;
	form = patch_form(code, syscall % BACKEND_PAGE, number);
	if (form && (page = patch_page(va, frame, gfn)))
		patch_write(page, code, syscall, form);
}

void process_patch_count(const struct cpu *cpu)
{
	struct patch_seen *site = &seen[cpu->rip % PATCH_SEEN];

	if (!copies)
		return;
	if (site->rip != cpu->rip)
		*site = (struct patch_seen){ .rip = cpu->rip };
	if (++site->traps < PATCH_AFTER << site->tries)
		return;
	site->traps = 0;
	site->tries += site->tries < PATCH_TRIES;
	patch_make(cpu->rip - 2, cpu->r[RAX]);
}

void process_patch_entered(void)
{
	const struct patch_site *site = &sites[process_slot];

	process_vcpu_back();
	process_patch_calls++;
	if (site->form == PATCH_NUMBER)
		previrt_cpu.r[RAX] = site->immediate;
	process_shared_call(site->syscall + 2);
}

void process_patch_resume(struct cpu *cpu)
{
	const struct patch_site *site = &sites[*patch_resumes(cpu->rip)];
	uint64_t flags;

	if (site->form != PATCH_COMPARE || site->syscall + 2 != cpu->rip || !pages[site->page].mapped)
		return;
	if (cpu->rflags & FLAG_TF) {
		patch_drop(&pages[site->page]);
		return;
	}
	__asm__("cmpq %2, %1\n\tpushfq\n\tpopq %0"
		: "=r"(flags) : "r"(cpu->r[RAX]), "r"((int64_t)(int32_t)site->immediate) : "cc");
	cpu->rflags = (cpu->rflags & ~(uint64_t)(FLAGS_STATUS | FLAG_RF)) | (flags & FLAGS_STATUS);
	cpu->rip += PATCH_COMPARE_SIZE;
}

static int patch_becomes_call(struct stub_frame *frame, const struct patch_site *site)
{
	frame->rip = site->syscall + 2;
	frame->signal = SIGSYS;
	frame->architecture = AUDIT_ARCH_X86_64;
	return 1;
}

/* Code has jumped behind the first instruction of two. */
static int patch_middle(struct stub_frame *frame)
{
	for (unsigned i = 0; i < PATCH_SITES; i++) {
		const struct patch_site *site = &sites[i];

		if (!site->form || !pages[site->page].mapped)
			continue;
		if (site->form == PATCH_NUMBER && frame->rip == site->syscall && frame->vector == VECTOR_UD)
			return patch_becomes_call(frame, site);
		if (site->form == PATCH_COMPARE && frame->rip == site->syscall + 2 &&
		    frame->vector == VECTOR_GP) {
			patch_drop(&pages[site->page]);
			frame->signal = SIGIO;		/* nothing has happened */
			return 1;
		}
	}
	return 0;
}

int process_patch_signal(struct stub_frame *frame)
{
	uint64_t stub = (frame->rip - (uint64_t)process_patch_stubs) / STUB_SIZE;
	const struct patch_site *site = &sites[stub];

	if (!in_use || frame->code <= 0)
		return 0;
	if (frame->signal == SIGILL || frame->signal == SIGSEGV)
		return patch_middle(frame);
	if (frame->vector != VECTOR_DB || stub >= PATCH_SITES)
		return 0;
	if (site->form == PATCH_COMPARE)
		return patch_becomes_call(frame, site);
	frame->rip = site->syscall;		/* the step over the mov */
	frame->r[FRAME_RAX] = site->immediate;
	return 1;
}
