/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Segment registers and descriptor tables. The guest's tables are read in its
 * memory; hardware is loaded with the descriptors that user mode can use.
 * Intel SDM volume 3, chapter 3.
 */
#include "cpu.h"
#include "insns.h"
#include "../iface/segments.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"

#define DESC_PRESENT (1ull << 47)
#define DESC_SYSTEM (1ull << 44)	/* clear for system descriptors */
#define DESC_DPL(d) ((unsigned)((d) >> 45) & 3)
#define DESC_DPL_3 (3ull << 45)
#define DESC_GRANULARITY (1ull << 55)
#define DESC_CODE (1ull << 43)
#define DESC_CONFORMING (1ull << 42)	/* of code; data: grows down */
#define DESC_ACCESS (1ull << 41)	/* code: may be read; data: may be written */
#define DESC_LONG (1ull << 53)
#define DESC_TYPE(d) ((unsigned)((d) >> 40) & 15)
#define DESC_BUSY (1ull << 41)		/* of a TSS */
#define TYPE_LDT 2			/* system descriptors */
#define TYPE_TSS 9
#define DESC_FAST (DESC_PRESENT | DESC_DPL_3 | DESC_SYSTEM)	/* data of privilege 3 */
#define DESC_FAST_MASK (DESC_FAST | DESC_CODE)

static uint64_t segment_base(uint64_t d)
{
	return (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24;
}

static uint32_t segment_limit(uint64_t d)
{
	uint32_t limit = (d & 0xffff) | (d >> 32 & 0xf0000);

	return d & DESC_GRANULARITY ? limit << 12 | 0xfff : limit;
}

/* Reads the descriptor of @selector. Returns -1 if it is outside its table. */
static int segment_descriptor(struct cpu *cpu, uint16_t selector, void *d, size_t size)
{
	struct cpu_fault ignored;
	uint64_t base = selector & 4 ? cpu->ldt_base : cpu->gdt.base;
	uint32_t limit = selector & 4 ? cpu->ldt_limit : cpu->gdt.limit;

	if ((selector & ~7u) + size - 1 > limit)
		return -1;
	return cpu_read(cpu, base + (selector & ~7u), d, size, &ignored);
}

/*
 * The fast path compares the GDT on each return to user mode. After CPU_GDT_COMPARES such
 * comparisons without a load of CR3 it looks at the dirty bit of the GDT's frame instead. It
 * does not before, because kernels write to the GDT when they change processes, and clearing
 * the bit costs a flush.
 */
static void segment_watch_gdt(struct cpu *cpu, const void *now, const void *known, size_t size)
{
	/* For a GDT that cannot be read: never equal, always written. */
	static const uint64_t unequal[2] = { 0, 1 };
	static const uint8_t always = PTE_D;
	const uint8_t *written = NULL;
	int start = !requests_vcpu.gdt_compares;

	if (start)
		requests_vcpu.gdt_compares = CPU_GDT_COMPARES;
	if (now)
		written = mmu_watch_writes(now, start);
	cpu->derived.gdt_watch = (struct cpu_gdt_watch){
		.now = now ? now : &unequal[0], .known = now ? known : &unequal[1],
		.written = written ? written : &always, .words = now ? size / 8 : 1,
	};
}

/*
 * Returns what hardware is loaded with for descriptor @d: @d itself if its DPL is 3; conforming
 * code, which user mode can run with any DPL, with DPL 3 (LIMIT: LAR of user mode shows
 * that); else 0.
 */
static uint64_t segment_for_hardware(uint64_t d)
{
	uint64_t conforming = DESC_SYSTEM | DESC_CODE | DESC_CONFORMING;

	if ((d & conforming) == conforming)
		return d | DESC_DPL_3;
	return (d & DESC_SYSTEM) && DESC_DPL(d) == 3 ? d : 0;
}

/* Returns 1 if @selector is among the descriptors that hardware is loaded with. LIMIT: user mode
   cannot load a selector of the GDT from CPU_GDT_SHOWN on. */
static int segment_is_loaded(uint16_t selector)
{
	return (selector & 4) || selector >> 3 < CPU_GDT_SHOWN;
}

void cpu_sync_gdt(struct cpu *cpu)
{
	uint64_t *loaded = cpu->derived.gdt_loaded, *read = cpu->derived.gdt_read;
	uint64_t table[CPU_GDT_SHOWN] = { 0 };
	size_t size = cpu->gdt.limit + 1u;
	struct cpu_fault ignored;
	uint8_t user = cpu->user;
	int changed = 0;

	if (size > sizeof(table))
		size = sizeof(table);
	cpu->user = 0;
	segment_watch_gdt(cpu, mmu_pointer(cpu->gdt.base, size), read, size);
	if (mmu_unchanged(cpu->gdt.base, size, read)) {
		cpu->user = user;
		return;
	}
	if (cpu_read(cpu, cpu->gdt.base, table, size, &ignored))
		size = 0;
	cpu->user = user;
	for (unsigned i = 0; i < CPU_GDT_SHOWN; i++)
		read[i] = table[i];
	for (unsigned i = 0; i < CPU_GDT_SHOWN; i++) {
		table[i] = i && i < size / 8 ? segment_for_hardware(table[i]) : 0;
		changed |= table[i] != loaded[i];
	}
	if (!changed)
		return;
	for (unsigned i = 0; i < CPU_GDT_SHOWN; i++)
		loaded[i] = table[i];
	backend_set_gdt(table, CPU_GDT_SHOWN);
}

/* Loads hardware with user mode's descriptors of the LDT. Changes of the LDT in memory are not
   seen before the next LLDT. */
static void segment_sync_ldt(struct cpu *cpu)
{
	unsigned count = cpu->ldt_limit ? (cpu->ldt_limit + 1) / 8 : 0;
	uint64_t chunk[32];

	for (unsigned i = 0; i < count; i += 32) {
		unsigned n = count - i < 32 ? count - i : 32;
		struct cpu_fault ignored;

		if (cpu_read(cpu, cpu->ldt_base + i * 8, chunk, n * 8, &ignored)) {
			count = i;
			break;
		}
		for (unsigned j = 0; j < n; j++)
			chunk[j] = segment_for_hardware(chunk[j]);
		backend_set_ldt(i, chunk, n);
	}
	backend_load_ldt(count);
}

/*
 * A selector for code or stack of privilege 3, as IRET checks it. SDM volume 2,
 * IRET, "RETURN-TO-OUTER-PRIVILEGE-LEVEL".
 */
static enum cpu_result segment_check_code(struct cpu *cpu, uint16_t cs, uint64_t *d,
					  struct cpu_fault *fault)
{
	if (!(cs & ~3u))
		return cpu_raise(fault, VECTOR_GP, 0);
	if (!segment_is_loaded(cs) || segment_descriptor(cpu, cs, d, 8) || !(*d & DESC_SYSTEM) || !(*d & DESC_CODE) ||
	    (*d & DESC_CONFORMING ? DESC_DPL(*d) > 3 : DESC_DPL(*d) != 3))
		return cpu_raise(fault, VECTOR_GP, cs & ~3u);
	if (!(*d & DESC_PRESENT))
		return cpu_raise(fault, VECTOR_NP, cs & ~3u);
	return CPU_NEXT;
}

enum cpu_result cpu_check_return(struct cpu *cpu, uint16_t cs, uint16_t ss,
				 struct cpu_fault *fault)
{
	uint64_t code, stack;

	if (segment_check_code(cpu, cs, &code, fault) == CPU_FAULT)
		return CPU_FAULT;
	if (!(ss & ~3u)) {	/* 64-bit code of ring 3 must not have a null SS */
		return cpu_raise(fault, VECTOR_GP, 0);
	}
	if ((ss & 3) != 3 || !segment_is_loaded(ss) || segment_descriptor(cpu, ss, &stack, 8) ||
	    !(stack & DESC_SYSTEM) || (stack & DESC_CODE) || !(stack & DESC_ACCESS) ||
	    DESC_DPL(stack) != 3)
		return cpu_raise(fault, VECTOR_GP, ss & ~3u);
	if (!(stack & DESC_PRESENT))
		return cpu_raise(fault, VECTOR_SS, ss & ~3u);
	return CPU_NEXT;
}

int cpu_code_is_64(struct cpu *cpu)
{
	uint64_t d;
	int is_64;

	if (!cpu->user)
		return 1;
	cpu->user = 0;
	is_64 = !segment_descriptor(cpu, cpu->seg[SEG_CS], &d, 8) && d & DESC_LONG;
	cpu->user = 1;
	return is_64;
}

void cpu_user_gs_changed(struct cpu *cpu, uint16_t selector)
{
	if (!cpu->derived.user_gs.changed) {
		cpu->derived.user_gs.selector = cpu->loaded[SEG_GS];
		cpu->derived.user_gs.changed = 1;
		requests_vcpu.work |= CPU_WORK_BASES;
	}
	cpu->loaded[SEG_GS] = selector;
}

void cpu_load_fs_base(struct cpu *cpu, uint64_t base)
{
	cpu->fs_base = base;
	cpu->derived.fs_base_pending = 0;
	backend_set_fs_base(base);
}

static void segment_sync_gs(struct cpu *cpu)
{
	uint16_t selector = cpu->loaded[SEG_GS];

	if (!cpu->derived.user_gs.changed)
		return;
	cpu->derived.user_gs.changed = 0;
	/* User mode may have cleared the base by loading a null selector. */
	if (selector == cpu->derived.user_gs.selector && !(selector & ~3u) &&
	    !cpu->gs_base[1] && !cpu->derived.user_gs.base)
		return;
	backend_set_gs_selector(selector);
	backend_set_gs_base(1, cpu->gs_base[1]);
	cpu->derived.user_gs.base = cpu->gs_base[1];
}

void cpu_sync_user_bases(struct cpu *cpu)
{
	segment_sync_gs(cpu);
	if (cpu->derived.fs_base_pending)
		cpu_load_fs_base(cpu, cpu->fs_base);
}

void cpu_apply_segments(struct cpu *cpu)
{
	cpu_sync_gdt(cpu);
	segment_sync_ldt(cpu);
	backend_set_selector(SEG_ES, cpu->loaded[SEG_ES]);
	backend_set_selector(SEG_DS, cpu->loaded[SEG_DS]);
	backend_set_selector(SEG_FS, cpu->loaded[SEG_FS]);
	cpu_load_fs_base(cpu, cpu->fs_base);
	backend_set_gs_selector(cpu->loaded[SEG_GS]);
	backend_set_gs_base(0, cpu->gs_base[0]);
	backend_set_gs_base(1, cpu->gs_base[1]);
	cpu->derived.user_gs.changed = 0;
	cpu->derived.user_gs.base = cpu->gs_base[1];
}

/* Sets register @which to @selector, which was checked. @user: it is one of user mode, with
   descriptor @d; else hardware is not loaded with it. */
static void segment_set(struct cpu *cpu, int which, uint16_t selector, int user, uint64_t d)
{
	cpu->seg[which] = selector;
	cpu->stale &= ~(1u << which);
	if (which == SEG_GS) {
		/* A load of GS sets GS_BASE, whichever that is after swapgs. */
		uint64_t base = user ? segment_base(d) : 0;

		*cpu_gs_base(cpu, 0) = base;
		if (cpu->gs_swapped)
			cpu_user_gs_changed(cpu, user ? selector : 0);
		else
			backend_set_gs_base(0, base);
		return;
	}
	cpu->loaded[which] = user ? selector : 0;
	backend_set_selector(which, cpu->loaded[which]);
	if (which == SEG_FS && user) {
		cpu_load_fs_base(cpu, segment_base(d));
	} else if (which == SEG_FS) {
		cpu->fs_base = 0;
		cpu->derived.fs_base_pending = 1;
		requests_vcpu.work |= CPU_WORK_BASES;
	}
}

int cpu_fast_load(struct cpu *cpu, int which, uint16_t selector)
{
	const uint64_t *d = NULL;

	if (which == SEG_SS || (which == SEG_GS && !cpu->gs_swapped))
		return -1;
	if (selector & ~3u) {
		/* Some kernels load user mode's data selector before a null selector. */
		if (which != SEG_GS || (selector & 4) || (selector | 7u) > cpu->gdt.limit)
			return -1;
		d = soft_tlb_find(cpu->gdt.base + (selector & ~7u), 8, 0);
		if (!d || (*d & DESC_FAST_MASK) != DESC_FAST)
			return -1;
	}
	segment_set(cpu, which, selector, !!d, d ? *d : 0);
	return 0;
}

/*
 * A selector of the kernel (0, or privilege 0) is only stored: in 64-bit mode the guest can
 * see nothing but its number. Hardware is loaded with one of user mode.
 */
static enum cpu_result segment_load(struct cpu *cpu, int which, uint16_t selector,
				    struct cpu_fault *fault)
{
	uint64_t d = 0;
	int user = 0;

	if (selector & ~3u) {
		if (segment_descriptor(cpu, selector, &d, 8) ||
		    (which == SEG_SS && ((selector & 3) || DESC_DPL(d))))
			return cpu_raise(fault, VECTOR_GP, selector & ~3u);
		if (!(d & DESC_SYSTEM) ||
		    ((d & DESC_CODE) && (!(d & DESC_ACCESS) || which == SEG_SS)) ||
		    (which == SEG_SS && !(d & DESC_ACCESS)) ||
		    (!((d & DESC_CODE) && (d & DESC_CONFORMING)) &&
		     DESC_DPL(d) < (selector & 3u)))
			return cpu_raise(fault, VECTOR_GP, selector & ~3u);
		if (!(d & DESC_PRESENT))
			return cpu_raise(fault, which == SEG_SS ? VECTOR_SS : VECTOR_NP,
					 selector & ~3u);
		user = !!segment_for_hardware(d);
		if (user && !segment_is_loaded(selector))
			return cpu_raise(fault, VECTOR_GP, selector & ~3u);
	} else if (which == SEG_SS && (selector & 3) == 3) {
		return cpu_raise(fault, VECTOR_GP, 0);
	}
	if (which == SEG_SS) {
		cpu->seg[which] = selector;
		return CPU_NEXT;
	}
	if (user)
		cpu_sync_gdt(cpu);
	else if (selector & ~3u)	/* iret to user mode makes it null */
		requests_vcpu.slow = 1;
	segment_set(cpu, which, selector, user, d);
	return CPU_NEXT;
}

/*
 * User mode may have loaded a null selector over a null selector, which clears the base on
 * some processors and changes nothing else: so the bases are read from hardware.
 */
void cpu_note_user_bases(struct cpu *cpu)
{
	if (cpu->fs_base && !(cpu->loaded[SEG_FS] & ~3u) && !cpu->derived.fs_base_pending)
		cpu->fs_base = backend_user_base(SEG_FS);
	if (cpu->gs_base[1] && !(cpu->loaded[SEG_GS] & ~3u) && !cpu->derived.user_gs.changed)
		cpu->derived.user_gs.base = cpu->gs_base[1] = backend_user_base(SEG_GS);
}

/*
 * User mode loads segment registers without entering the wedge. If the selector has changed,
 * the processor has loaded the base from its descriptor.
 */
void cpu_note_selector(struct cpu *cpu, int which, uint16_t selector)
{
	uint64_t d = 0, base;

	if (selector == cpu->loaded[which])
		return;
	cpu->loaded[which] = cpu->seg[which] = selector;
	cpu->stale &= ~(1u << which);
	if (which != SEG_FS && which != SEG_GS)
		return;
	if (!(selector & ~3u) || segment_descriptor(cpu, selector, &d, 8))
		d = 0;
	base = segment_base(d);
	if (which == SEG_FS)
		cpu->fs_base = base;
	else
		cpu->derived.user_gs.base = cpu->gs_base[1] = base;
}

static enum cpu_result segment_mov(struct cpu *cpu, const struct insn *insn, uint64_t next,
				   int load, struct cpu_fault *fault)
{
	unsigned which = insn->reg & 7;
	uint16_t selector;

	if (which >= SEGS || (load && which == SEG_CS))
		return cpu_raise(fault, VECTOR_UD, 0);
	if (!load) {
		selector = cpu->seg[which];
		if (!insn->is_memory)
			cpu_set_register(cpu, insn->rm, selector, insn->osize);
		else if (cpu_write(cpu, cpu_operand_address(cpu, insn, next), &selector, 2,
				   fault))
			return CPU_FAULT;
		return CPU_NEXT;
	}
	selector = cpu->r[insn->rm];
	if (insn->is_memory &&
	    cpu_read(cpu, cpu_operand_address(cpu, insn, next), &selector, 2, fault))
		return CPU_FAULT;
	return segment_load(cpu, which, selector, fault);
}

/* 0F A0, A1: fs; A8, A9: gs. */
static enum cpu_result segment_push_pop(struct cpu *cpu, const struct insn *insn,
					struct cpu_fault *fault)
{
	int which = insn->opcode & 8 ? SEG_GS : SEG_FS;
	int size = insn->osize == 2 ? 2 : 8;
	uint64_t value = cpu->seg[which];
	enum cpu_result result;

	if (!(insn->opcode & 1)) {
		if (cpu_write(cpu, cpu->r[RSP] - size, &value, size, fault))
			return CPU_FAULT;
		cpu->r[RSP] -= size;
		return CPU_NEXT;
	}
	if (cpu_read(cpu, cpu->r[RSP], &value, size, fault))
		return CPU_FAULT;
	result = segment_load(cpu, which, value, fault);
	if (result == CPU_NEXT)
		cpu->r[RSP] += size;
	return result;
}

/* lgdt, lidt, sgdt, sidt: a 2-byte limit and an 8-byte base. */
static enum cpu_result segment_table(struct cpu *cpu, const struct insn *insn, uint64_t next,
				     struct cpu_fault *fault)
{
	int is_idt = insn->op == PREVIRT_OP_lidt || insn->op == PREVIRT_OP_sidt;
	struct cpu_table *table = is_idt ? &cpu->idt : &cpu->gdt;
	uint64_t va = cpu_operand_address(cpu, insn, next);
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) image;

	if (insn->op == PREVIRT_OP_sgdt || insn->op == PREVIRT_OP_sidt) {
		image.limit = table->limit;
		image.base = table->base;
		return cpu_write(cpu, va, &image, sizeof(image), fault) ? CPU_FAULT : CPU_NEXT;
	}
	if (cpu_read(cpu, va, &image, sizeof(image), fault))
		return CPU_FAULT;
	if (!cpu_is_canonical(image.base))
		return cpu_raise(fault, VECTOR_GP, 0);
	table->limit = image.limit;
	table->base = image.base;
	cpu_tables_changed(cpu);
	if (!is_idt) {
		cpu_sync_gdt(cpu);
		requests_vcpu.slow = 1;
	}
	return CPU_NEXT;
}

static enum cpu_result segment_rm16(struct cpu *cpu, const struct insn *insn, uint64_t next,
				    uint16_t *value, struct cpu_fault *fault)
{
	*value = cpu->r[insn->rm];
	if (insn->is_memory &&
	    cpu_read(cpu, cpu_operand_address(cpu, insn, next), value, 2, fault))
		return CPU_FAULT;
	return CPU_NEXT;
}

/* ltr and lldt: a 16-byte system descriptor. */
static enum cpu_result segment_system(struct cpu *cpu, const struct insn *insn, uint64_t next,
				      struct cpu_fault *fault)
{
	uint16_t selector;
	uint64_t d[2] = { 0, 0 };

	if (segment_rm16(cpu, insn, next, &selector, fault) == CPU_FAULT)
		return CPU_FAULT;
	if (insn->op == PREVIRT_OP_lldt && !(selector & ~3u)) {
		cpu->ldtr = selector;
		cpu->ldt_base = cpu->ldt_limit = 0;
		segment_sync_ldt(cpu);
		return CPU_NEXT;
	}
	if ((selector & 4) || segment_descriptor(cpu, selector, d, sizeof(d)) ||
	    (d[0] & DESC_SYSTEM) ||
	    DESC_TYPE(d[0]) != (insn->op == PREVIRT_OP_ltr ? TYPE_TSS : TYPE_LDT))
		return cpu_raise(fault, VECTOR_GP, selector & ~3u);
	if (!(d[0] & DESC_PRESENT))
		return cpu_raise(fault, VECTOR_NP, selector & ~3u);
	if (!cpu_is_canonical(segment_base(d[0]) | d[1] << 32))
		return cpu_raise(fault, VECTOR_GP, selector & ~3u);
	if (insn->op == PREVIRT_OP_ltr) {
		uint64_t busy = d[0] | DESC_BUSY;

		if (cpu_write(cpu, cpu->gdt.base + (selector & ~7u), &busy, 8, fault))
			return CPU_FAULT;
	}
	d[1] = segment_base(d[0]) | d[1] << 32;
	if (insn->op == PREVIRT_OP_ltr) {
		cpu->tr = selector;
		cpu->tr_base = d[1];
		cpu->tr_limit = segment_limit(d[0]);
		cpu_tables_changed(cpu);
	} else {
		cpu->ldtr = selector;
		cpu->ldt_base = d[1];
		cpu->ldt_limit = segment_limit(d[0]);
		segment_sync_ldt(cpu);
	}
	return CPU_NEXT;
}

static enum cpu_result segment_store(struct cpu *cpu, const struct insn *insn, uint64_t next,
				     uint16_t value, struct cpu_fault *fault)
{
	if (!insn->is_memory)
		cpu_set_register(cpu, insn->rm, value, insn->osize);
	else if (cpu_write(cpu, cpu_operand_address(cpu, insn, next), &value, 2, fault))
		return CPU_FAULT;
	return CPU_NEXT;
}

/* lar, lsl, verr, verw from privilege 0. SDM volume 2, tables under LAR, LSL. */
static enum cpu_result segment_query(struct cpu *cpu, const struct insn *insn, uint64_t next,
				   struct cpu_fault *fault)
{
	uint16_t selector;
	uint64_t d = 0;
	int code, ok;

	if (segment_rm16(cpu, insn, next, &selector, fault) == CPU_FAULT)
		return CPU_FAULT;
	ok = (selector & ~3u) && !segment_descriptor(cpu, selector, &d, 8);
	if (ok && !(d & DESC_SYSTEM)) {
		unsigned type = d >> 40 & 15;

		ok = (insn->op == PREVIRT_OP_lar || insn->op == PREVIRT_OP_lsl) &&
		     (type == 2 || type == 9 || type == 11 ||
		      (type == 12 && insn->op == PREVIRT_OP_lar));
	} else if (ok) {
		code = !!(d & 1ull << 43);
		if (insn->op == PREVIRT_OP_verr)
			ok = !code || (d & 1ull << 41);
		else if (insn->op == PREVIRT_OP_verw)
			ok = !code && (d & 1ull << 41);
		if (!(code && (d & 1ull << 42)) && DESC_DPL(d) < (selector & 3u))
			ok = 0;
	}
	cpu->rflags = ok ? cpu->rflags | FLAG_ZF : cpu->rflags & ~(uint64_t)FLAG_ZF;
	if (ok && insn->op == PREVIRT_OP_lar)
		cpu_set_register(cpu, insn->reg, d >> 32 & 0xf0ff00, insn->osize);
	if (ok && insn->op == PREVIRT_OP_lsl)
		cpu_set_register(cpu, insn->reg, segment_limit(d), insn->osize);
	return CPU_NEXT;
}

enum cpu_result cpu_emulate_segment(struct cpu *cpu, const struct insn *insn, uint64_t next,
				    struct cpu_fault *fault)
{
	switch (insn->op) {
	case PREVIRT_OP_mov_from_sreg:
		return segment_mov(cpu, insn, next, 0, fault);
	case PREVIRT_OP_mov_to_sreg:
		return segment_mov(cpu, insn, next, 1, fault);
	case PREVIRT_OP_push_sreg:
	case PREVIRT_OP_pop_sreg:
		return segment_push_pop(cpu, insn, fault);
	case PREVIRT_OP_lgdt:
	case PREVIRT_OP_lidt:
	case PREVIRT_OP_sgdt:
	case PREVIRT_OP_sidt:
		return segment_table(cpu, insn, next, fault);
	case PREVIRT_OP_ltr:
	case PREVIRT_OP_lldt:
		return segment_system(cpu, insn, next, fault);
	case PREVIRT_OP_sldt:
		return segment_store(cpu, insn, next, cpu->ldtr, fault);
	case PREVIRT_OP_str:
		return segment_store(cpu, insn, next, cpu->tr, fault);
	case PREVIRT_OP_lar:
	case PREVIRT_OP_lsl:
	case PREVIRT_OP_verr:
	case PREVIRT_OP_verw:
		return segment_query(cpu, insn, next, fault);
	}
	return CPU_UNKNOWN;
}
