/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * rewriter ELF...: plans and rewrites every site of the files, executes what
 * was written, and compares registers, flags, stack and the bytes it is to
 * change with what the template promises: with the wedge named by addresses of 32 bits,
 * and by fs from far away. Then the time for many sites.
 */
#define _GNU_SOURCE
#include "../../../runtime-stubs/rewriter/rewriter.h"
#include "insns.h"
#include <asm/prctl.h>
#include <fcntl.h>
#include <gelf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define LOW_PAGE 0x10000000ul
#define FLAGS_SEEN 0xcd5ul		/* the arithmetic flags and DF */

#define HIGH_PAGE 0x7e1000000000ul
#define FS_BASE (HIGH_PAGE + 0x123)

/* What the replaced code refers to: at addresses of 32 bits, or elsewhere. The code is
   at such an address in any case. */
struct low {
	uint8_t if_byte, if_behind, gs_byte;
	uint64_t calls[REWRITER_CALLS], jumps[REWRITER_JUMPS], end;
	uint8_t code[64];
};
static struct low *low, *named;
static uint64_t fs_base;	/* of the code: 0: as it is */

/* Registers in the order of their numbers, rsp included, then the flags. */
struct state { uint64_t r[16], flags; } before, after, at_slot;
uint64_t host_rsp, seen_return;
uint8_t *code_at;
static unsigned failures, passed, near;
static struct rewriter_kind calls[REWRITER_CALLS], jumps[REWRITER_JUMPS];

/*
 * run_code: load `before`, jump to code_at. on_call: store `at_slot` and the
 * return address, return. on_jump: the same without, and end. on_end: store
 * `after`, back to the caller.
 */
#define STORE(to) \
	"movq %rax," #to "\nmovq %rcx," #to "+8\nmovq %rdx," #to "+16\nmovq %rbx," #to "+24\n" \
	"movq %rsp," #to "+32\nmovq %rbp," #to "+40\nmovq %rsi," #to "+48\nmovq %rdi," #to "+56\n" \
	"movq %r8," #to "+64\nmovq %r9," #to "+72\nmovq %r10," #to "+80\nmovq %r11," #to "+88\n" \
	"movq %r12," #to "+96\nmovq %r13," #to "+104\nmovq %r14," #to "+112\nmovq %r15," #to "+120\n" \
	"pushfq\npopq " #to "+128\n"
#define LOAD(from) \
	"pushq " #from "+128\npopfq\n" \
	"movq " #from ",%rax\nmovq " #from "+8,%rcx\nmovq " #from "+16,%rdx\nmovq " #from "+24,%rbx\n" \
	"movq " #from "+40,%rbp\nmovq " #from "+48,%rsi\nmovq " #from "+56,%rdi\n" \
	"movq " #from "+64,%r8\nmovq " #from "+72,%r9\nmovq " #from "+80,%r10\nmovq " #from "+88,%r11\n" \
	"movq " #from "+96,%r12\nmovq " #from "+104,%r13\nmovq " #from "+112,%r14\nmovq " #from "+120,%r15\n" \
	"movq " #from "+32,%rsp\n"
__asm__(".text\nrun_code:\n"
	"pushq %rbx\npushq %rbp\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
	"movq %rsp,host_rsp\n" LOAD(before) "jmp *code_at\n"
	"on_end:\n" STORE(after)
	"movq host_rsp,%rsp\ncld\npopq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbp\n"
	"popq %rbx\nret\n"
	"on_call:\npushq (%rsp)\npopq seen_return\n" STORE(at_slot) "ret\n"
	"on_jump:\n" STORE(at_slot) "jmp on_end\n");
void run_code(void);
extern char on_end[], on_call[], on_jump[];

static void fail(const struct previrt_site *site, uint64_t address, const char *why)
{
	printf("BAD %s at %lx: %s\n", previrt_insns[site->op].name, (unsigned long)address, why);
	failures++;
}

static void prepare_state(void)
{
	static uint64_t stack[512];

	for (int i = 0; i < 16; i++)
		before.r[i] = 0x1122334455667788ul * (i + 3);
	before.r[4] = (uint64_t)&stack[256];
	/* A return address at work must leave the words above alone. */
	memset(stack, 0x5a, sizeof(stack));
	before.flags = 0x2 | FLAGS_SEEN;
	named->if_byte = named->if_behind = 0;
	named->gs_byte = 0x0f;
	seen_return = 0;
	memset(&at_slot, 0, sizeof(at_slot));
	memset(&after, 0, sizeof(after));
}

static int same(const struct state *a, const struct state *b, int64_t rsp_moved)
{
	for (int i = 0; i < 16; i++)
		if (a->r[i] != b->r[i] + (i == 4 ? rsp_moved : 0))
			return 0;
	return (a->flags & FLAGS_SEEN) == (b->flags & FLAGS_SEEN);
}

/* A site with the number of its slot has trapped: what a wedge does then. */
static void on_trap(int signal, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	int slot = rewriter_trap_slot((uint8_t *)r[REG_RIP]);

	(void)signal;
	(void)info;
	if (slot < 0)
		_exit(2);
	if (slot < REWRITER_CALLS) {
		r[REG_RSP] -= 8;
		*(uint64_t *)r[REG_RSP] = r[REG_RIP] + REWRITER_SHORT;
	}
	r[REG_RIP] = slot < REWRITER_CALLS ? named->calls[slot] :
		     named->jumps[slot - REWRITER_CALLS];
}

/* Nothing of the C library may run while @base is another than its own. */
static void set_fs(uint64_t base)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(SYS_arch_prctl), "D"(ARCH_SET_FS), "S"(base) : "rcx", "r11", "memory");
}

static void run_with_fs(void)
{
	uint64_t own;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &own);
	if (fs_base)
		set_fs(fs_base);
	run_code();
	set_fs(own);
}

/* The site in memory of its own, an absolute jump to on_end behind it. */
static void execute(const uint8_t *bytes, unsigned size)
{
	uint32_t end = (uint32_t)(uintptr_t)&low->end;

	memcpy(low->code, bytes, size);
	memcpy(low->code + size, "\xff\x24\x25", 3);
	memcpy(low->code + size + 3, &end, 4);
	code_at = low->code;
	run_with_fs();
}

static void check_effect(const struct previrt_site *site, uint64_t address, int template)
{
	unsigned size = site->len + site->pad;
	int is_cli = template == REWRITER_CLI, is_good;
	uint8_t want_gs = template == REWRITER_SWAPGS ? 0xf0 : 0x0f;

	if (!same(&after, &before, 0))
		fail(site, address, "registers or flags have changed");
	is_good = fs_base ? !named->if_byte == !is_cli :
		  named->if_byte == is_cli && !named->if_behind;
	if (!is_good || named->gs_byte != want_gs)
		fail(site, address, "the wrong byte was written");
	if (template == REWRITER_CALL &&
	    (seen_return != (uint64_t)low->code + (size < 15 ? size : 15) || !same(&at_slot, &before, -8)))
		fail(site, address, "the call does not arrive as it should");
	if (template == REWRITER_JUMP && !same(&at_slot, &before, 0))
		fail(site, address, "the jump does not arrive as it should");
}

/* Once it has trapped where it runs. */
static void check_near(struct rewriter *rw, const struct previrt_site *site, uint64_t address,
		       int template, uint8_t *out)
{
	int slot = rewriter_trap_slot(out);

	if (slot < 0) {
		fail(site, address, "does not trap");
		return;
	}
	rewriter_near(&rw->target, slot, (uint64_t)low->code, out);
	prepare_state();
	execute(out, REWRITER_SHORT);
	check_effect(site, address, template);
	near++;
}

static void check_site(struct rewriter *rw, const struct previrt_site *site,
		       const uint8_t *bytes, uint64_t address)
{
	uint8_t out[REWRITER_SITE_MAX + 16];
	unsigned size = site->len + site->pad;
	int template = rewriter_plan_site(rw, site, bytes, address, out);

	if (template < 0) {
		fail(site, address, rewriter_strerror(-template));
		return;
	}
	rw->by_template[template]++;
	if (template <= REWRITER_LEAVE) {
		if (memcmp(out, bytes, size))
			fail(site, address, "left, but changed");
		passed++;
		return;
	}
	prepare_state();
	execute(out, size);
	check_effect(site, address, template);
	if (fs_base && size == REWRITER_SHORT && template >= REWRITER_CALL)
		check_near(rw, site, address, template, out);
	passed++;
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

static void check_file(struct rewriter *rw, const char *path)
{
	Elf *elf = elf_begin(open(path, O_RDONLY), ELF_C_READ, NULL);
	GElf_Shdr text_shdr, note_shdr;
	Elf_Data *text = section(elf, ".text", &text_shdr);
	Elf_Data *note = section(elf, PREVIRT_NOTE_SECTION, &note_shdr);
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	unsigned sites = 0;

	previrt_sites_begin(&walk, note->d_buf, note->d_size, note_shdr.sh_addralign);
	while (previrt_sites_next(&walk, &unit) == PREVIRT_SITES_UNIT)
		for (size_t i = 0; i < unit.count; i++) {
			struct previrt_site site;
			uint64_t address = note_shdr.sh_addr +
					   previrt_sites_entry(&walk, &unit, i, &site);

			check_site(rw, &site, (uint8_t *)text->d_buf + address - text_shdr.sh_addr,
				   address);
			sites++;
		}
	if (sites < 400)
		printf("BAD %s: only %u sites\n", path, sites), failures++;
	printf("%s: %u sites: in line %u, calls %u, jumps %u, left %u, to trap %u\n",
	       strrchr(path, '/') + 1, sites, rw->by_template[REWRITER_CLI] +
	       rw->by_template[REWRITER_SWAPGS] + rw->by_template[REWRITER_NOTHING],
	       rw->by_template[REWRITER_CALL], rw->by_template[REWRITER_JUMP],
	       rw->by_template[REWRITER_LEAVE], rw->by_template[REWRITER_TRAP]);
}

/*
 * @count sites in the proportions of a kernel, planned and applied; the best of
 * a few rounds in ns.
 */
static uint64_t time_sites(const struct rewriter_target *target, unsigned count)
{
	static const struct { uint8_t op, len; uint8_t bytes[8]; } kinds[] = {
		{ PREVIRT_OP_sti, 8, { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0xfb } },
		{ PREVIRT_OP_cli, 8, { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0xfa } },
		{ PREVIRT_OP_out, 7, { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0xee } },
		{ PREVIRT_OP_wrmsr, 7, { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x0f, 0x30 } },
		{ PREVIRT_OP_mov_from_cr, 7, { 0x2e, 0x2e, 0x2e, 0x2e, 0x0f, 0x20, 0xd8 } },
	};
	size_t notes = 12 + 8 + 4 + 8ul * count;
	uint8_t *memory = malloc(count * 16ul), *table = calloc(1, notes);
	struct rewriter *rw = malloc(sizeof(*rw));
	uint32_t words[3] = { 8, 4 + 8 * count, PREVIRT_NOTE_SITES };
	uint64_t best = ~0ul;

	memcpy(table, words, 12);
	memcpy(table + 12, PREVIRT_NOTE_OWNER, 8);
	memcpy(table + 20, "\1\1\10\0", 4);
	for (int round = 0; round < 25; round++) {
		struct timespec a, b;
		uint64_t ns;

		for (unsigned i = 0; i < count; i++) {
			struct previrt_site site = { .op = kinds[i % 5].op, .len = kinds[i % 5].len };

			site.site = (int32_t)(i * 16 + 0x100000 - (24 + 8 * i) + PREVIRT_BIAS);
			memcpy(table + 24 + 8 * i, &site, 8);
			memcpy(memory + i * 16, kinds[i % 5].bytes, 8);
		}
		memset(rw, 0, sizeof(*rw));
		rw->calls = calls;
		rw->target = *target;
		rw->address = 0x100000;
		rw->size = count * 16ul;
		rw->memory = memory;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
		if (rewriter_plan(rw, table, notes, 4, 0)) {
			printf("BAD plan: %s\n", rewriter_strerror(rw->error));
			failures++;
			break;
		}
		rewriter_apply(rw, table, notes, 4, 0);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
		ns = (b.tv_sec - a.tv_sec) * 1000000000ul + b.tv_nsec - a.tv_nsec;
		best = ns < best ? ns : best;
	}
	free(rw);
	free(memory);
	free(table);
	return best;
}

/* A table that names the wrong instruction must leave everything as it was. */
static void check_refusal(const struct rewriter_target *target)
{
	static uint8_t bytes[16] = { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0xfa };
	uint8_t table[40] = { 8, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0,
		'p', 'r', 'e', 'v', 'i', 'r', 't', 0, 1, 1, 8, 0 };
	struct previrt_site site = { .site = 0x100000 - 24 + PREVIRT_BIAS, .op = PREVIRT_OP_cli,
				     .len = 8 };
	struct rewriter *rw = calloc(1, sizeof(*rw));
	uint8_t copy[16];

	memcpy(copy, bytes, 16);
	memcpy(table + 24, &site, 8);
	site.site += -8 + 8;
	site.op = PREVIRT_OP_sti;
	memcpy(table + 32, &site, 8);
	rw->calls = calls;
	rw->target = *target;
	rw->address = 0x100000;
	rw->size = 16;
	rw->memory = bytes;
	if (!rewriter_plan(rw, table, sizeof(table), 4, 0) || rw->error == REWRITER_OK ||
	    memcmp(bytes, copy, 16)) {
		printf("BAD a wrong table was taken, or something was written\n");
		failures++;
	}
	passed++;
	free(rw);
}

/* A far jump of 32-bit code is left as it is, and taken for nothing else. */
static void check_other_mode(const struct rewriter_target *target)
{
	static const uint8_t bytes[12] = { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0xea, 0xb5, 0x09, 0, 1, 8, 0 };
	static const uint8_t fenced[11] = { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x9d,
					    0x0f, 0xae, 0xe8 };
	static const struct { uint8_t op, len, bytes[12]; } code16[] = {
		{ PREVIRT_OP_ljmp, 8, { 0x66, 0xea, 0x5a, 0x5a, 0, 0, 8, 0 } },
		{ PREVIRT_OP_ljmp, 7, { 0x2e, 0x2e, 0xea, 0x5a, 0x5a, 8, 0 } },
		{ PREVIRT_OP_lidt, 5, { 0x0f, 0x01, 0x1e, 0x34, 0x12 } },
		{ PREVIRT_OP_lgdt, 6, { 0x66, 0x0f, 0x01, 0x97, 0x34, 0x12 } },
	};
	struct previrt_site site = { .op = PREVIRT_OP_ljmp, .len = sizeof(bytes) };
	struct rewriter *rw = calloc(1, sizeof(*rw));
	uint8_t out[REWRITER_SITE_MAX];

	rw->target = *target;
	if (rewriter_plan_site(rw, &site, bytes, 0x100000, out) != REWRITER_LEAVE ||
	    memcmp(out, bytes, sizeof(bytes))) {
		printf("BAD a site of 32-bit code is not left as it was\n");
		failures++;
	}
	/* What reads alike in both is left as well, if its entry says so. */
	for (unsigned flag = PREVIRT_SITE_CODE32; flag <= PREVIRT_SITE_CODE16; flag *= 2) {
		static const uint8_t cli[8] = { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0xfa };
		struct previrt_site other = { .op = PREVIRT_OP_cli, .len = 8, .flags = flag };

		if (rewriter_plan_site(rw, &other, cli, 0x100000, out) != REWRITER_LEAVE) {
			printf("BAD a site with flag %#x is not left as it was\n", flag);
			failures++;
		}
	}
	/* 16-bit code: ljmpl $8, $0x5a5a; ljmp $8, $0x5a5a; lidt 0x1234; lgdtl 0x1234(%bx) */
	for (unsigned i = 0; i < sizeof(code16) / sizeof(code16[0]); i++) {
		struct previrt_site low = { .op = code16[i].op, .len = code16[i].len };

		if (rewriter_plan_site(rw, &low, code16[i].bytes, 0x100000, out) != REWRITER_LEAVE ||
		    memcmp(out, code16[i].bytes, low.len)) {
			printf("BAD site %u of 16-bit code is not left as it was\n", i);
			failures++;
		}
	}
	/* popf; lfence, as gas -mlfence-after-load=yes has it in one site */
	rw->calls = calls;
	site = (struct previrt_site){ .op = PREVIRT_OP_popf, .len = 11 };
	if (rewriter_plan_site(rw, &site, fenced, 0x100000, out) < 0) {
		printf("BAD a site with an lfence behind is another instruction\n");
		failures++;
	}
	site = (struct previrt_site){ .op = PREVIRT_OP_lcall, .len = sizeof(bytes) };
	if (rewriter_plan_site(rw, &site, bytes, 0x100000, out) != -REWRITER_MISMATCH) {
		printf("BAD a site of 32-bit code may name another instruction\n");
		failures++;
	}
	passed++;
	free(rw);
}

/* A call of a stub stays, and is none where something else stands. */
static void check_stub_calls(const struct rewriter_target *target)
{
	static const struct { uint8_t op, len, bytes[9]; } sites[] = {
		{ PREVIRT_OP_cli, 5, { 0xe8, 1, 2, 3, 4, 0x0f, 0x1f, 0 } },
		{ PREVIRT_OP_pushf, 7, { 0x6a, 0, 0xe8, 1, 2, 3, 4, 0x90 } },
	};
	struct rewriter *rw = calloc(1, sizeof(*rw));
	uint8_t out[REWRITER_SITE_MAX];

	rw->target = *target;
	for (unsigned i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		struct previrt_site site = { .op = sites[i].op, .len = sites[i].len,
					     .pad = 8 - sites[i].len, .flags = PREVIRT_SITE_CALL };

		if (rewriter_plan_site(rw, &site, sites[i].bytes, 0x100000, out) != REWRITER_LEAVE ||
		    memcmp(out, sites[i].bytes, 8) || rewriter_undo_site(rw, &site, 0x100000, out) ||
		    rewriter_plan_site(rw, &site, sites[i].bytes + 1, 0x100000, out) != -REWRITER_MISMATCH) {
			printf("BAD the call of a stub, %u, is not left as it is\n", i);
			failures++;
		}
	}
	passed++;
	free(rw);
}

/* As many iretq, each at a place of its own, as there are slots; no more. */
static void check_jumps(const struct rewriter_target *target)
{
	static const uint8_t bytes[7] = { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x48, 0xcf };
	struct previrt_site site = { .op = PREVIRT_OP_iret, .len = sizeof(bytes) };
	struct rewriter *rw = calloc(1, sizeof(*rw));
	unsigned good = 0, again = 0;
	uint8_t out[REWRITER_SITE_MAX];

	rw->jumps = jumps;
	rw->target = *target;
	for (unsigned i = 0; i < REWRITER_JUMPS; i++)
		good += rewriter_plan_site(rw, &site, bytes, 0x100000 + 8 * i, out) == REWRITER_JUMP;
	for (unsigned i = 0; i < REWRITER_JUMPS; i++)
		again += rewriter_plan_site(rw, &site, bytes, 0x100000 + 8 * i, out) == REWRITER_JUMP &&
			 jumps[i].site == 0x100000 + 8 * i && rewriter_undo_site(rw, &site, 0x100000 + 8 * i, out) &&
			 !memcmp(out, bytes, sizeof(bytes));
	if (good != REWRITER_JUMPS || again != good || rw->jump_count != good ||
	    rewriter_plan_site(rw, &site, bytes, 0x90000, out) != -REWRITER_NO_JUMP) {
		printf("BAD of %u jumps %u have a slot, %u keep it\n", REWRITER_JUMPS, good, again);
		failures++;
	}
	passed++;
	free(rw);
}

static struct low *map(uint64_t at)
{
	struct low *l = mmap((void *)at, sizeof(*l), PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (l == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	for (int i = 0; i < REWRITER_CALLS; i++)
		l->calls[i] = (uint64_t)on_call;
	for (int i = 0; i < REWRITER_JUMPS; i++)
		l->jumps[i] = (uint64_t)on_jump;
	l->end = (uint64_t)on_end;
	return l;
}

static struct rewriter_target target_of(const struct low *l)
{
	return (struct rewriter_target){ (uint64_t)&l->if_byte, (uint64_t)&l->gs_byte,
		(uint64_t)l->calls, (uint64_t)l->jumps, fs_base, (uint64_t)low->calls };
}

static void take_traps(void)
{
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&alternate, NULL);
	sigaction(SIGILL, &action, NULL);
}

static void check_all(const struct rewriter_target *target, int count, char **paths)
{
	for (int i = 1; i < count; i++) {
		struct rewriter *rw = calloc(1, sizeof(*rw));

		rw->calls = calls;
		rw->jumps = jumps;
		rw->target = *target;
		check_file(rw, paths[i]);
		free(rw);
	}
	check_refusal(target);
	check_other_mode(target);
	check_stub_calls(target);
	check_jumps(target);
}

int main(int argc, char **argv)
{
	struct rewriter_target target, far;
	uint64_t few, many;

	elf_version(EV_CURRENT);
	take_traps();
	low = named = map(LOW_PAGE);
	target = target_of(low);
	check_all(&target, argc, argv);
	named = map(HIGH_PAGE);
	fs_base = FS_BASE;
	far = target_of(named);
	check_all(&far, argc, argv);
	few = time_sites(&target, 5000);
	many = time_sites(&target, 20000);
	printf("5000 sites: %lu us; 20000 sites: %lu us\n", few / 1000, many / 1000);
	if (few > 5000000 || many > few * 8) {
		printf("BAD too slow, or not in proportion\n");
		failures++;
	}
	printf("rewriter: %u passed, %u failed; %u that trap, without\n", passed, failures, near);
	return failures != 0 || passed < 1600 || near < 200;
}
