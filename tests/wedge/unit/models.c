/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What each sensitive instruction does in ring 0 of 64-bit code, from its page
 * in the manual (Intel SDM volume 2; SYSRET, SYSCALL: AMD APM volume 3). The
 * selectors and MSRs that are used are those forms.c has set up.
 */
#include "forms.h"
#include "insns.h"
#include <string.h>

#define USER_CODE 0x33u
#define USER_DATA 0x2bu
#define KERNEL_DATA 0x18u
#define TSS 0x40u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define A_BASE 0x0000123456789000ull
#define A_LIMIT 0x4fffu

static const struct operand *last(const struct form *f)
{
	return &f->operands[f->count - 1];
}

/* To a register: 4 bytes clear the rest, 2 do not. To memory: @bytes. */
static void put(struct world *w, const struct operand *o, uint64_t value, int bytes)
{
	if (o->kind == MEMORY)
		memcpy(world_at(w, o->value), &value, bytes);
	else if (o->size == 2)
		w->s.r[o->reg] = (w->s.r[o->reg] & ~0xffffull) | (value & 0xffff);
	else
		w->s.r[o->reg] = o->size == 4 ? (uint32_t)value : value;
}

static void push(struct world *w, uint64_t value, int size)
{
	w->s.r[RSP] -= size;
	memcpy(world_at(w, w->s.r[RSP]), &value, size);
}

static uint64_t pop(struct world *w, int size)
{
	uint64_t value = 0;

	memcpy(&value, world_at(w, w->s.r[RSP]), size);
	w->s.r[RSP] += size;
	return value;
}

static void nothing(const struct form *f, struct world *w) { (void)f; (void)w; }
static void cli(const struct form *f, struct world *w) { (void)f; w->if_byte = 1; }
static void sti(const struct form *f, struct world *w) { (void)f; w->if_byte = 0; }

/* Descriptor tables: limit and base, 10 bytes. */
static void give_table(const struct form *f)
{
	uint64_t base = A_BASE;
	uint16_t limit = A_LIMIT;

	memcpy(world_at(&before, f->operands[0].value), &limit, 2);
	memcpy(world_at(&before, f->operands[0].value + 2), &base, 8);
}

static void load_table(const struct form *f, struct world *w)
{
	struct cpu_table *t = f->op == PREVIRT_OP_lgdt ? &w->cpu.gdt : &w->cpu.idt;

	t->base = A_BASE;
	t->limit = A_LIMIT;
}

static void store_table(const struct form *f, struct world *w)
{
	struct cpu_table *t = f->op == PREVIRT_OP_sgdt ? &w->cpu.gdt : &w->cpu.idt;

	memcpy(world_at(w, f->operands[0].value), &t->limit, 2);
	memcpy(world_at(w, f->operands[0].value + 2), &t->base, 8);
}

/* A descriptor of the right type: an available TSS, or an LDT. */
static void give_system(const struct form *f)
{
	uint8_t *type = world_at(&before, before.cpu.gdt.base + TSS + 5);

	*type = f->op == PREVIRT_OP_ltr ? 0x89 : 0x82;
	put(&before, &f->operands[0], TSS, 2);
}

static void load_system(const struct form *f, struct world *w)
{
	if (f->op == PREVIRT_OP_ltr) {
		w->cpu.tr = TSS;
		w->cpu.tr_base = A_BASE;
		w->cpu.tr_limit = A_LIMIT;
		*(uint8_t *)world_at(w, w->cpu.gdt.base + TSS + 5) = 0x8b;	/* busy */
	} else {
		w->cpu.ldtr = TSS;
		w->cpu.ldt_base = A_BASE;
		w->cpu.ldt_limit = A_LIMIT;
	}
}

static void store_system(const struct form *f, struct world *w)
{
	put(w, &f->operands[0], f->op == PREVIRT_OP_str ? w->cpu.tr : w->cpu.ldtr, 2);
}

static void smsw(const struct form *f, struct world *w)
{
	put(w, &f->operands[0], w->cpu.cr0, 2);
}

/* MP set, EM and TS not; PE stays. */
static void give_lmsw(const struct form *f)
{
	before.cpu.cr0 |= CR0_TS;
	put(&before, &f->operands[0], 0xfff2, 2);
}

static void lmsw(const struct form *f, struct world *w)
{
	(void)f;
	w->cpu.cr0 = (w->cpu.cr0 & ~0xfull) | 3;
}

static void give_ts(const struct form *f) { (void)f; before.cpu.cr0 |= CR0_TS; }
static void clts(const struct form *f, struct world *w)
{
	(void)f;
	w->cpu.cr0 &= ~(uint64_t)CR0_TS;
}

static uint64_t *control(struct world *w, int reg)
{
	switch (reg) {
	case 0: return &w->cpu.cr0;
	case 2: return &w->cpu.cr2;
	case 3: return &w->cpu.cr3;
	case 4: return &w->cpu.cr4;
	}
	return &w->cpu.cr8;
}

static void from_control(const struct form *f, struct world *w)
{
	w->s.r[f->operands[1].reg] = *control(w, f->operands[0].reg);
}

static void give_control(const struct form *f)
{
	static const uint64_t values[9] = { 0x8005003b, 0, 0x12345678, 0x7654000, 0xa0, 0, 0, 0, 9 };

	before.s.r[f->operands[0].reg] = values[f->operands[1].reg];
}

static void to_control(const struct form *f, struct world *w)
{
	*control(w, f->operands[1].reg) = w->s.r[f->operands[0].reg];
}

static void from_debug(const struct form *f, struct world *w)
{
	w->s.r[f->operands[1].reg] = w->cpu.dr[f->operands[0].reg];
}

static void give_debug(const struct form *f)
{
	before.s.r[f->operands[0].reg] = f->operands[1].reg == 7 ? 0xd0001 : 0x401000;
}

/* DR7: bit 10 reads as 1, 11, 12, 14 and 15 as 0. */
static void to_debug(const struct form *f, struct world *w)
{
	uint64_t value = w->s.r[f->operands[0].reg];

	w->cpu.dr[f->operands[1].reg] = f->operands[1].reg == 7 ? value | 0x400 : value;
}

static void give_selector(const struct form *f)
{
	put(&before, &f->operands[0], last(f)->reg == SEG_SS ? KERNEL_DATA : USER_DATA, 2);
}

static void to_segment(const struct form *f, struct world *w)
{
	int which = last(f)->reg;

	w->cpu.seg[which] = which == SEG_SS ? KERNEL_DATA : USER_DATA;
	if (which != SEG_SS && which != SEG_GS)
		w->cpu.loaded[which] = USER_DATA;
	if (which == SEG_FS)
		w->cpu.fs_base = 0;
	if (which == SEG_GS)
		w->cpu.gs_base[0] = 0;
}

static void give_pushed_selector(const struct form *f)
{
	uint64_t value = USER_DATA;

	(void)f;
	memcpy(world_at(&before, before.s.r[RSP]), &value, 8);
}

static int word_size(const struct form *f)
{
	return f->mnemonic[strlen(f->mnemonic) - 1] == 'w' ? 2 : 8;
}

static void pop_segment(const struct form *f, struct world *w)
{
	pop(w, word_size(f));
	to_segment(f, w);
}

/* Ports. */
#define REPEATS 3

static void give_port(const struct form *f)
{
	before.s.r[RDX] = 0xffff0cf8;
	if (f->repeated)
		before.s.r[RCX] = REPEATS;
}

static int io_size(const struct form *f, const struct operand *value)
{
	(void)f;
	return value->size;
}

static uint16_t io_port(const struct form *f, int which)
{
	const struct operand *o = &f->operands[which];

	return o->kind == IMMEDIATE ? o->value : 0xcf8;
}

static void in(const struct form *f, struct world *w)
{
	int size = io_size(f, &f->operands[1]);
	uint64_t mask = size == 1 ? 0xff : 0xffff;

	w->io.port = io_port(f, 0);
	w->io.size = size;
	w->io.reads = 1;
	w->s.r[RAX] = size == 4 ? 0xa1b2c3d4 : (w->s.r[RAX] & ~mask) | (0xa1b2c3d4 & mask);
}

static void out(const struct form *f, struct world *w)
{
	w->io.port = io_port(f, 1);
	w->io.size = io_size(f, &f->operands[0]);
	w->io.writes = 1;
	w->io.value = w->io.size == 4 ? w->s.r[RAX] :
		      w->s.r[RAX] & ((1u << 8 * w->io.size) - 1);
}

static int string_size(const struct form *f)
{
	const struct operand *memory = &f->operands[f->op == PREVIRT_OP_ins];

	return memory->size;
}

/* Once, or RCX times. */
static unsigned string_count(const struct form *f, struct world *w)
{
	if (f->repeated)
		w->s.r[RCX] = 0;
	return f->repeated ? REPEATS : 1;
}

static void ins(const struct form *f, struct world *w)
{
	uint32_t value = 0xa1b2c3d4;

	w->io.port = 0xcf8;
	w->io.size = string_size(f);
	w->io.reads = string_count(f, w);
	for (unsigned i = 0; i < w->io.reads; i++, w->s.r[RDI] += w->io.size)
		memcpy(world_at(w, w->s.r[RDI]), &value, w->io.size);
}

static void outs(const struct form *f, struct world *w)
{
	w->io.port = 0xcf8;
	w->io.size = string_size(f);
	w->io.writes = string_count(f, w);
	for (unsigned i = 0; i < w->io.writes; i++, w->s.r[RSI] += w->io.size)
		memcpy(&w->io.value, world_at(w, w->s.r[RSI]), w->io.size);
}

/* MSRs. */
static void give_msr(const struct form *f)
{
	(void)f;
	before.s.r[RCX] = 0xffffffff00000000ull | MSR_KERNEL_GS_BASE;
	before.s.r[RAX] = 0xffffffff12345678ull;
	before.s.r[RDX] = 0xffffffffffff8888ull;
}

static void rdmsr(const struct form *f, struct world *w)
{
	(void)f;
	w->s.r[RAX] = (uint32_t)w->cpu.gs_base[1];
	w->s.r[RDX] = w->cpu.gs_base[1] >> 32;
}

static void wrmsr(const struct form *f, struct world *w)
{
	(void)f;
	w->cpu.gs_base[1] = 0xffff888812345678ull;
}

static void give_leaf(const struct form *f)
{
	(void)f;
	before.s.r[RAX] = 0;
	before.s.r[RCX] = 0;
}

static void invlpg(const struct form *f, struct world *w)
{
	w->invalidated = f->operands[0].value;
}

static void give_xcr0(const struct form *f)
{
	(void)f;
	before.cpu.cr4 |= CR4_OSXSAVE;
	before.s.r[RAX] = 0xffffffff00000003ull;
	before.s.r[RCX] = before.s.r[RDX] = 0xffffffff00000000ull;
}

static void xsetbv(const struct form *f, struct world *w)
{
	(void)f;
	w->cpu.xcr0 = 3;
}

/* The host's own selectors; it answers as the guest's tables would. */
static void give_host_selector(const struct form *f)
{
	put(&before, &f->operands[0], USER_CODE, 2);
}

static void give_flags(const struct form *f)
{
	uint64_t value = 0x8d7 | FLAG_IF;

	if (f->op == PREVIRT_OP_push_popf)
		put(&before, &f->operands[0], value, 8);
	else
		memcpy(world_at(&before, before.s.r[RSP]), &value, 8);
	before.s.flags = 0x202;
}

/* Transfers: offsets and selectors in the guest's tables. */
static int suffix_size(const struct form *f)
{
	switch (f->mnemonic[strlen(f->mnemonic) - 1]) {
	case 'q': return 8;
	case 'w': return 2;
	}
	return 4;
}

static uint64_t cut(uint64_t value, int size)
{
	return size == 8 ? value : value & ((1ull << 8 * size) - 1);
}

static void give_words(uint64_t at, int size, const uint64_t *words, int count)
{
	for (int i = 0; i < count; i++)
		memcpy(world_at(&before, at + i * size), &words[i], size);
}

static void give_iret(const struct form *f)
{
	uint64_t words[5] = { 0x4321, USER_CODE, 0x246, 0x7654, USER_DATA };

	give_words(before.s.r[RSP], suffix_size(f), words, 5);
}

static void iret(const struct form *f, struct world *w)
{
	(void)f;
	w->outcome = JUMPED;
	w->rip = 0x4321;
	w->cpu.user = 1;
	w->cpu.seg[SEG_CS] = USER_CODE;
	w->cpu.seg[SEG_SS] = USER_DATA;
	/* Those of the kernel's alone do not go along. */
	w->cpu.seg[SEG_ES] = w->cpu.seg[SEG_DS] = 0;
	w->cpu.seg[SEG_FS] = w->cpu.seg[SEG_GS] = 0;
	w->s.r[RSP] = 0x7654;
	w->s.flags = 0x46;
	w->if_byte = 0;
}

static void give_lret(const struct form *f)
{
	uint64_t words[2] = { 0x4321, 0x10 };

	give_words(before.s.r[RSP], suffix_size(f), words, 2);
}

static void lret(const struct form *f, struct world *w)
{
	w->outcome = JUMPED;
	w->rip = 0x4321;
	w->cpu.seg[SEG_CS] = 0x10;
	w->s.r[RSP] += 2 * suffix_size(f) + (f->count ? f->operands[0].value : 0);
}

static void give_far(const struct form *f)
{
	uint64_t offset = 0x4321, cs = 0x10;
	int size = f->mnemonic[strlen(f->mnemonic) - 1] == 'w' ? 2 :
		   !strncmp(f->mnemonic, "rex.W", 5) ? 8 : 4;

	memcpy(world_at(&before, f->operands[0].value), &offset, size);
	memcpy(world_at(&before, f->operands[0].value + size), &cs, 2);
}

static void far_jump(const struct form *f, struct world *w)
{
	int size = f->mnemonic[strlen(f->mnemonic) - 1] == 'w' ? 2 : 4;

	w->outcome = JUMPED;
	w->rip = 0x4321;
	w->cpu.seg[SEG_CS] = 0x10;
	if (f->op == PREVIRT_OP_lcall) {
		push(w, w->cpu.seg[SEG_CS], size);
		push(w, cut(f->address + f->length, size), size);
	}
}

static void give_sysret(const struct form *f)
{
	(void)f;
	before.s.r[RCX] = 0x1234500000402000ull & 0x00007fffffffffffull;
	before.s.r[R11] = 0x246;
}

static void sysret(const struct form *f, struct world *w)
{
	int wide = f->mnemonic[strlen(f->mnemonic) - 1] == 'q';

	w->outcome = JUMPED;
	w->rip = wide ? w->s.r[RCX] : (uint32_t)w->s.r[RCX];
	w->cpu.user = 1;
	w->cpu.seg[SEG_CS] = wide ? USER_CODE : 0x23;
	w->cpu.seg[SEG_SS] = USER_DATA;
	w->s.flags = 0x46;
	w->if_byte = 0;
}

static void syscall(const struct form *f, struct world *w)
{
	w->outcome = JUMPED;
	w->s.r[RCX] = f->address + f->length;
	w->s.r[R11] = (w->s.flags & ~(uint64_t)FLAG_IF) | (w->if_byte ? 0 : FLAG_IF) | 2;
	w->s.flags &= ~(w->cpu.sfmask);
	w->if_byte = 1;
	w->rip = w->cpu.lstar;
	w->cpu.seg[SEG_CS] = 0x10;
	w->cpu.seg[SEG_SS] = 0x18;
}

static void sysenter(const struct form *f, struct world *w)
{
	(void)f;
	w->outcome = FAULTED;		/* its selector is null */
	w->vector = VECTOR_GP;
}

static void swapgs(const struct form *f, struct world *w)
{
	(void)f;
	w->cpu.gs_swapped = ~w->cpu.gs_swapped;
}

#define ROW(op, ...) [PREVIRT_OP_##op] = { __VA_ARGS__ }
const struct model models[PREVIRT_OP_LIMIT] = {
	ROW(cli, MODEL, NULL, cli), ROW(sti, MODEL, NULL, sti),
	ROW(sti_hlt, MODEL, NULL, sti), ROW(hlt, MODEL, NULL, nothing),
	ROW(pushf, HOST), ROW(pushf_pop, HOST),
	ROW(popf, HOST, give_flags), ROW(push_popf, HOST, give_flags),
	ROW(lgdt, MODEL, give_table, load_table), ROW(lidt, MODEL, give_table, load_table),
	ROW(sgdt, MODEL, NULL, store_table), ROW(sidt, MODEL, NULL, store_table),
	ROW(ltr, MODEL, give_system, load_system), ROW(lldt, MODEL, give_system, load_system),
	ROW(str, MODEL, NULL, store_system), ROW(sldt, MODEL, NULL, store_system),
	ROW(smsw, MODEL, NULL, smsw), ROW(lmsw, MODEL, give_lmsw, lmsw),
	ROW(clts, MODEL, give_ts, clts),
	ROW(mov_from_cr, MODEL, NULL, from_control), ROW(mov_to_cr, MODEL, give_control, to_control),
	ROW(mov_from_dr, MODEL, NULL, from_debug), ROW(mov_to_dr, MODEL, give_debug, to_debug),
	ROW(mov_from_sreg, HOST), ROW(push_sreg, HOST),
	ROW(mov_to_sreg, MODEL, give_selector, to_segment),
	ROW(pop_sreg, MODEL, give_pushed_selector, pop_segment),
	ROW(in, MODEL, give_port, in), ROW(out, MODEL, give_port, out),
	ROW(ins, MODEL, give_port, ins), ROW(outs, MODEL, give_port, outs),
	ROW(rdmsr, MODEL, give_msr, rdmsr), ROW(wrmsr, MODEL, give_msr, wrmsr),
	ROW(cpuid, HOST, give_leaf), ROW(invlpg, MODEL, NULL, invlpg),
	ROW(xsetbv, MODEL, give_xcr0, xsetbv),
	ROW(wbinvd, MODEL, NULL, nothing), ROW(invd, MODEL, NULL, nothing),
	ROW(lar, HOST, give_host_selector), ROW(lsl, HOST, give_host_selector),
	ROW(verr, HOST, give_host_selector), ROW(verw, HOST, give_host_selector),
	ROW(clac, MODEL, NULL, nothing), ROW(stac, MODEL, NULL, nothing),
	ROW(swapgs, MODEL, NULL, swapgs),
	ROW(iret, MODEL, give_iret, iret), ROW(lret, MODEL, give_lret, lret),
	ROW(ljmp, MODEL, give_far, far_jump), ROW(lcall, MODEL, give_far, far_jump),
	ROW(sysret, MODEL, give_sysret, sysret), ROW(syscall, MODEL, NULL, syscall),
	ROW(sysenter, MODEL, NULL, sysenter),
	/* Left: user mode may do it, and has the same from it as the kernel. */
	ROW(int, LEFT), ROW(rdtsc, LEFT), ROW(rdtscp, LEFT), ROW(rdpid, LEFT), ROW(rdpru, LEFT),
	ROW(xgetbv, LEFT), ROW(rdpkru, LEFT), ROW(wrpkru, LEFT), ROW(umonitor, LEFT),
	ROW(umwait, LEFT), ROW(tpause, LEFT),
	/* Left: the processor shown to the guest does not have it. */
	ROW(enclu, LEFT), ROW(vmcall, LEFT), ROW(vmmcall, LEFT),
	ROW(vmgexit, LEFT),
	/* Left: LIMIT, a far pointer to data, which no 64-bit kernel loads. */
	ROW(lfs, LEFT), ROW(lgs, LEFT), ROW(lss, LEFT),
};
