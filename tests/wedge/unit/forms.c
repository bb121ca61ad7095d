/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * forms TEXTS ELF...: every operand form of insns.tbl. Each site is rewritten
 * and executed where it is linked, the emulation behind its slot included, and
 * what it leaves in registers, flags, memory and the virtual processor is
 * compared with what the instruction does: on this processor where user mode
 * can run it, by the model of models.c elsewhere. What is left to trap is run
 * here, too: it must trap. A form of an op without a model is a failure.
 *
 * TEXTS: a line for each site, in order: the op and objdump's reading.
 */
#define _GNU_SOURCE
#include "../../../runtime-stubs/board/board.h"
#include "../../../runtime-stubs/rewriter/rewriter.h"
#include "forms.h"
#include "insns.h"
#include <fcntl.h>
#include <gelf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREA 0x600000ul		/* foo, of the cases, is its start */
#define GDT_AT 0x7000u
#define FLAGS_SEEN 0xcd5ul
#define BELOW_STACK 128u	/* free for whoever is called */

struct world before;
static struct world want;
uint8_t *const area_at = (uint8_t *)AREA;
static struct rewriter rw;
static struct rewriter_kind rw_calls[REWRITER_CALLS], rw_jumps[REWRITER_JUMPS];
static uint8_t if_byte;
static unsigned passed, failed;

struct state now;
uint64_t host_rsp, code_at, slot_number, resume_at;
static enum outcome outcome;
#define USER_GS_BASE 0xffff99998765f321ull

/* User mode has left it as the guest has set it. */
uint64_t backend_user_base(int which) { return which == SEG_GS ? USER_GS_BASE : 0; }

static struct cpu_fault fault;
static struct { uint64_t invalidated; } seen;
static __typeof__(before.io) io;
static sigjmp_buf escape;

#define STORE(to) \
	"movq %rax," #to "\nmovq %rcx," #to "+8\nmovq %rdx," #to "+16\nmovq %rbx," #to "+24\n" \
	"movq %rsp," #to "+32\nmovq %rbp," #to "+40\nmovq %rsi," #to "+48\nmovq %rdi," #to "+56\n" \
	"movq %r8," #to "+64\nmovq %r9," #to "+72\nmovq %r10," #to "+80\nmovq %r11," #to "+88\n" \
	"movq %r12," #to "+96\nmovq %r13," #to "+104\nmovq %r14," #to "+112\nmovq %r15," #to "+120\n" \
	"movq host_rsp,%rsp\npushfq\npopq " #to "+128\ncld\n"
#define LOAD(from) \
	"pushq " #from "+128\npopfq\n" \
	"movq " #from ",%rax\nmovq " #from "+8,%rcx\nmovq " #from "+16,%rdx\nmovq " #from "+24,%rbx\n" \
	"movq " #from "+40,%rbp\nmovq " #from "+48,%rsi\nmovq " #from "+56,%rdi\n" \
	"movq " #from "+64,%r8\nmovq " #from "+72,%r9\nmovq " #from "+80,%r10\nmovq " #from "+88,%r11\n" \
	"movq " #from "+96,%r12\nmovq " #from "+104,%r13\nmovq " #from "+112,%r14\nmovq " #from "+120,%r15\n" \
	"movq " #from "+32,%rsp\n"
/*
 * run_code: from `now' at code_at until on_end. A slot comes to on_call (return
 * address on the guest's stack) or on_jump; C has the guest's state in `now'
 * and says where it goes on: resume_at, or 0 for the end.
 */
__asm__(".text\nrun_code:\n"
	"pushq %rbx\npushq %rbp\npushq %r12\npushq %r13\npushq %r14\npushq %r15\nsubq $8,%rsp\n"
	"movq %rsp,host_rsp\n" LOAD(now) "jmp *code_at\n"
	"on_end:\n" STORE(now)
	"leave_code:\naddq $8,%rsp\npopq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbp\n"
	"popq %rbx\nret\n"
	"on_call:\npopq slot_number\npopq resume_at\n" STORE(now) "call call_entered\n"
	"1:cmpq $0,resume_at\nje leave_code\n" LOAD(now) "jmp *resume_at\n"
	"on_jump:\n" STORE(now) "call jump_entered\njmp 1b\n"
	".set n,0\ncall_stubs:\n.rept " "1024" "\n.byte 0x68\n.long n\n.byte 0xe9\n.long on_call-.-4\n"
	".set n,n+1\n.endr\n"
	".set n,0\njump_stubs:\n.rept " "2048" "\nmovq $n,slot_number\n.byte 0xe9\n.long on_jump-.-4\n"
	".set n,n+1\n.endr\n");
_Static_assert(REWRITER_CALLS == 1024 && REWRITER_JUMPS == 2048, "the stubs above");
void run_code(void);
extern char on_end[], call_stubs[], jump_stubs[];
#define CALL_STUB 10
#define JUMP_STUB 17
static uint64_t call_slots[REWRITER_CALLS], jump_slots[REWRITER_JUMPS], end_slot;

void *world_at(struct world *w, uint64_t address)
{
	if (address - AREA >= AREA_SIZE - 16) {
		printf("BAD a model asks for %lx\n", address);
		exit(1);
	}
	return w->area + (address - AREA);
}

/* What the processor's parts ask of others. */
int mmu_access(uint64_t va, void *buffer, size_t size, int write, int user,
	       uint64_t *address, uint32_t *error)
{
	(void)user;
	*address = va;
	*error = write ? 2 : 0;
	if (va - AREA >= AREA_SIZE)
		return -1;
	memcpy(write ? (void *)va : buffer, write ? buffer : (void *)va, size);
	return 0;
}
void mmu_invalidate(uint64_t va) { seen.invalidated = va; }
static uint32_t read_port(void *self, uint16_t offset, int size)
{
	(void)self;
	io.port = offset;
	io.size = size;
	io.reads++;
	return 0xa1b2c3d4;
}
static void write_port(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)self;
	io.port = offset;
	io.size = size;
	io.value = size == 4 ? value : value & ((1u << 8 * size) - 1);
	io.writes++;
}

/* As wedge/run.c does it, from the registers in `now'. */
static void slot_entered(struct rewriter_kind *kind, uint64_t site)
{
	struct cpu *cpu = &previrt_cpu;
	uint64_t at = site + kind->at;

	memcpy(cpu->r, now.r, sizeof(now.r));
	cpu->rflags = (now.flags & ~(uint64_t)(FLAG_IF | FLAG_IOPL)) | (if_byte ? 0 : FLAG_IF);
	memset(&fault, 0, sizeof(fault));
	switch (cpu_emulate(cpu, &kind->insn, at, at + kind->insn.len, &fault)) {
	case CPU_NEXT: outcome = NEXT; break;
	case CPU_JUMPED: outcome = JUMPED; break;
	case CPU_FAULT: outcome = FAULTED; break;
	case CPU_AGAIN:
	case CPU_UNKNOWN: outcome = STOPPED; break;
	}
	memcpy(now.r, cpu->r, sizeof(now.r));
	now.flags = cpu->rflags;
	if_byte = !(cpu->rflags & FLAG_IF);
	resume_at = outcome == NEXT ? site + kind->size : 0;
}

void call_entered(void)
{
	struct rewriter_kind *kind = &rw.calls[slot_number];

	slot_entered(kind, resume_at - kind->jump_len);
}

void jump_entered(void)
{
	slot_entered(&rw.jumps[slot_number], rw.jumps[slot_number].site);
}

static void fail(const struct form *f, const char *why)
{
	printf("BAD %s (%s) at %lx: %s\n", previrt_insns[f->op].name, f->text, f->address, why);
	failed++;
}

/* The guest's tables: as a Linux kernel has them. */
static void prepare_world(int host)
{
	static const uint64_t gdt[] = { 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff,
		0x00cffb000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff, 0,
		0x0000890000004fff | (0x0000123456789000ull & 0xffffff) << 16 | 0x56ull << 56,
		0x1234 };
	uint16_t selector;

	memset(&before, 0, sizeof(before));
	for (unsigned i = 0; i < AREA_SIZE; i++)
		before.area[i] = i * 7 + (i >> 8);
	memcpy(before.area + GDT_AT, gdt, sizeof(gdt));
	for (int i = 0; i < 16; i++)
		before.s.r[i] = AREA + 0x200 * (i + 1) + 0x40;
	before.s.r[RSP] = AREA + AREA_STACK;
	before.s.flags = 0x8d7;
	cpu_reset(&before.cpu);
	before.cpu.gdt = (struct cpu_table){ AREA + GDT_AT, 127 };
	before.cpu.gs_base[1] = USER_GS_BASE;
	before.cpu.efer |= EFER_SCE;
	before.cpu.star = 0x0023001000000000ull;
	before.cpu.lstar = 0xffffffff81800000ull;
	before.cpu.sfmask = FLAG_IF | FLAG_DF;
	before.cpu.dr[0] = 0x401234;
	before.cpu.tr = 0x40;
	before.cpu.ldtr = 0x48;
	before.cpu.cr2 = 0x7777;
	before.cpu.cr8 = 3;
	if (!host)
		return;
#define HOST_SELECTOR(which, name) \
	__asm__("movw %%" name ", %0" : "=r"(selector)); before.cpu.seg[which] = selector
	HOST_SELECTOR(SEG_ES, "es"); HOST_SELECTOR(SEG_CS, "cs"); HOST_SELECTOR(SEG_SS, "ss");
	HOST_SELECTOR(SEG_DS, "ds"); HOST_SELECTOR(SEG_FS, "fs"); HOST_SELECTOR(SEG_GS, "gs");
}

/* Run what stands at the site, from the world before; a jump to the end stands
   behind it meanwhile. 1 if it traps. */
static int run(uint64_t site, unsigned size)
{
	static uint8_t saved[7];
	uint8_t *behind = (uint8_t *)site + size;
	int trapped;
	uint32_t end = (uint32_t)(uintptr_t)&end_slot;

	memcpy(saved, behind, 7);
	memcpy(behind, "\xff\x24\x25", 3);
	memcpy(behind + 3, &end, 4);
	memcpy(area_at, before.area, AREA_SIZE);
	previrt_cpu = before.cpu;
	if_byte = before.if_byte;
	seen.invalidated = 0;
	memset(&io, 0, sizeof(io));
	outcome = NEXT;
	now = before.s;
	code_at = site;
	trapped = sigsetjmp(escape, 1);
	if (!trapped)
		run_code();
	memcpy((uint8_t *)site + size, saved, 7);
	return trapped;
}

static const char *difference(const struct form *f)
{
	struct cpu got = previrt_cpu, wanted = want.cpu;
	uint64_t free_from = want.s.r[RSP] - BELOW_STACK - AREA;
	static char why[64];
	uint64_t mask = f->op == PREVIRT_OP_lar ? 0xf0ff00 : ~0ull;

	if (outcome != want.outcome)
		return outcome == STOPPED ? "is not emulated" : "ends in another way";
	if (outcome == JUMPED && previrt_cpu.rip != want.rip)
		return "jumps elsewhere";
	for (int i = 0; i < 16; i++)
		if ((now.r[i] ^ want.s.r[i]) & mask) {
			snprintf(why, sizeof(why), "register %d: %lx, not %lx", i, now.r[i],
				 want.s.r[i]);
			return why;
		}
	if ((now.flags ^ want.s.flags) & FLAGS_SEEN)
		return "flags differ";
	if (if_byte != want.if_byte)
		return "the interrupt flag differs";
	if (seen.invalidated != want.invalidated || memcmp(&io, &want.io, sizeof(io)))
		return "what it asks for differs";
	for (uint64_t i = 0; i < AREA_SIZE; i++)
		if (area_at[i] != want.area[i] && !(i - free_from < BELOW_STACK &&
		    want.s.r[RSP] - AREA < AREA_SIZE) && !(i - AREA_STACK + BELOW_STACK < BELOW_STACK &&
		    want.s.r[RSP] >= AREA + AREA_STACK)) {
			snprintf(why, sizeof(why), "memory differs at +%lx", i);
			return why;
		}
	memset(got.r, 0, sizeof(got.r));
	got.rip = got.rflags = wanted.rip = wanted.rflags = 0;
	memset(wanted.r, 0, sizeof(wanted.r));
	for (size_t i = 0; i < offsetof(struct cpu, derived); i++)
		if (((uint8_t *)&got)[i] != ((uint8_t *)&wanted)[i]) {
			snprintf(why, sizeof(why), "the processor differs at +%zu", i);
			return why;
		}
	return NULL;
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal; (void)info; (void)context;
	siglongjmp(escape, 1);
}

/* In ring 3, what is left to trap must trap on this processor. */
static void check_trap(struct form *f, uint64_t site, unsigned size, const uint8_t *out)
{
	if (memcmp(out, (void *)site, size))
		fail(f, "left, but changed");
	if (previrt_insns[f->op].kind == PREVIRT_KIND_silent)
		fail(f, "would go wrong silently");
	/* A control bit of this host's may allow the others. */
	if (previrt_insns[f->op].kind == PREVIRT_KIND_priv ||
	    previrt_insns[f->op].kind == PREVIRT_KIND_iopl)
		if (!run(site, size))
			fail(f, "does not trap");
	passed++;
}

static void check_effect(struct form *f, uint64_t site, unsigned size, const uint8_t *out)
{
	const struct model *model = &models[f->op];
	const char *why;
	uint8_t original[REWRITER_SITE_MAX];

	if (model->prepare)
		model->prepare(f);
	if (model->how == HOST) {
		if (run(site, size))
			fail(f, "the processor does not do it");
		want = before;
		want.s = now;
		memcpy(want.area, area_at, AREA_SIZE);
	} else {
		want = before;
		model->effect(f, &want);
	}
	memcpy(original, (void *)site, size);
	memcpy((void *)site, out, size);
	why = run(site, size) ? "traps when rewritten" : difference(f);
	memcpy((void *)site, original, size);
	if (why)
		fail(f, why);
	passed++;
}

static void check_site(const struct previrt_site *site, uint64_t address, const char *text)
{
	unsigned size = site->len + site->pad;
	uint8_t out[REWRITER_SITE_MAX];
	const struct model *model = &models[site->op];
	struct form f = { .op = site->op, .text = text, .address = address, .length = site->len };
	int template = rewriter_plan_site(&rw, site, (void *)address, address, out);

	if (site->flags & PREVIRT_SITE_PAD_BEFORE)
		f.address += site->pad;
	prepare_world(model->how == HOST);
	read_form(&f, text);
	if (template < 0)
		fail(&f, rewriter_strerror(-template));
	else if (template == REWRITER_TRAP && model->how == NO_TEST)
		check_trap(&f, address, size, out);
	else if (template == REWRITER_LEAVE && model->how == LEFT)
		passed += !memcmp(out, (void *)address, size);
	else if (template > REWRITER_LEAVE && (model->how == MODEL || model->how == HOST))
		check_effect(&f, address, size, out);
	else
		fail(&f, "has no test for what becomes of it");
}

static Elf_Data *section(Elf *elf, const char *name, GElf_Shdr *shdr)
{
	size_t strings;

	elf_getshdrstrndx(elf, &strings);
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s));) {
		gelf_getshdr(s, shdr);
		if (!strcmp(elf_strptr(elf, strings, shdr->sh_name), name))
			return elf_getdata(s, NULL);
	}
	fprintf(stderr, "no section %s\n", name);
	exit(1);
}

static void check_file(const char *texts, const char *path)
{
	Elf *elf = elf_begin(open(path, O_RDONLY), ELF_C_READ, NULL);
	GElf_Shdr text_shdr, note_shdr;
	Elf_Data *text = section(elf, ".text", &text_shdr);
	Elf_Data *note = section(elf, PREVIRT_NOTE_SECTION, &note_shdr);
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	unsigned seen_before = passed + failed;
	FILE *lines = fopen(texts, "r");
	char line[160];

	memset(&rw, 0, sizeof(rw));
	rw.calls = rw_calls;
	rw.jumps = rw_jumps;
	rw.target = (struct rewriter_target){ (uint64_t)&if_byte,
		(uint64_t)&previrt_cpu.gs_swapped, (uint64_t)call_slots,
		(uint64_t)jump_slots, 0, 0 };
	memcpy((void *)text_shdr.sh_addr, text->d_buf, text->d_size);
	previrt_sites_begin(&walk, note->d_buf, note->d_size, note_shdr.sh_addralign);
	while (previrt_sites_next(&walk, &unit) == PREVIRT_SITES_UNIT)
		for (size_t i = 0; i < unit.count; i++) {
			struct previrt_site site;
			uint64_t code = previrt_sites_entry(&walk, &unit, i, &site);
			char *tab;

			if (!lines || !fgets(line, sizeof(line), lines) ||
			    !(tab = strchr(line, '\t')))
				exit((printf("BAD %s: a line is missing\n", texts), 1));
			*tab++ = 0;
			tab[strcspn(tab, "\n")] = 0;
			if (strcmp(line, previrt_insns[site.op].name))
				exit((printf("BAD %s is at a site of %s\n", line,
					     previrt_insns[site.op].name), 1));
			check_site(&site, note_shdr.sh_addr + code, tab);
		}
	printf("%s: %u forms\n", strrchr(path, '/') + 1, passed + failed - seen_before);
}

int main(int argc, char **argv)
{
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_trap,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	if (argc < 3 || mmap((void *)0x400000, 0x100000, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ||
	    mmap(area_at, AREA_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		return 2;
	bus_add_ports(&board_vm.bus, &(struct bus_ports){ 0, 0xffff, 1, NULL, read_port, write_port });
	elf_version(EV_CURRENT);
	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGTRAP, &action, NULL);
	for (int i = 0; i < REWRITER_CALLS; i++)
		call_slots[i] = (uint64_t)call_stubs + CALL_STUB * i;
	for (int i = 0; i < REWRITER_JUMPS; i++)
		jump_slots[i] = (uint64_t)jump_stubs + JUMP_STUB * i;
	end_slot = (uint64_t)on_end;
	for (int i = 2; i < argc; i++)
		check_file(argv[1], argv[i]);
	printf("forms: %u passed, %u failed\n", passed - failed, failed);
	return failed != 0 || passed < 800;
}
