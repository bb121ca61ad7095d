/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What each sensitive instruction is replaced by, and its bytes. All templates
 * leave the flags alone, need no register, and (but for the call) no stack.
 */
#include "rewriter.h"
#include "template.h"
#include "insns.h"
#include <string.h>

#define WANTS(op, template) [PREVIRT_OP_##op] = template

/* 0, REWRITER_TRAP: whatever is privileged and not named here. */
static const uint8_t wanted[PREVIRT_OP_LIMIT] = {
	WANTS(cli, REWRITER_CLI), WANTS(sti, REWRITER_CALL),
	WANTS(pushf, REWRITER_CALL), WANTS(popf, REWRITER_CALL),
	WANTS(pushf_pop, REWRITER_CALL), WANTS(push_popf, REWRITER_CALL),
	WANTS(hlt, REWRITER_CALL), WANTS(sti_hlt, REWRITER_CALL),
	WANTS(lgdt, REWRITER_CALL), WANTS(lidt, REWRITER_CALL),
	WANTS(lldt, REWRITER_CALL), WANTS(ltr, REWRITER_CALL),
	WANTS(sgdt, REWRITER_CALL), WANTS(sidt, REWRITER_CALL),
	WANTS(sldt, REWRITER_CALL), WANTS(str, REWRITER_CALL),
	WANTS(smsw, REWRITER_CALL), WANTS(lmsw, REWRITER_CALL),
	WANTS(clts, REWRITER_CALL),
	WANTS(mov_from_cr, REWRITER_CALL), WANTS(mov_to_cr, REWRITER_CALL),
	WANTS(mov_from_dr, REWRITER_CALL), WANTS(mov_to_dr, REWRITER_CALL),
	WANTS(mov_from_sreg, REWRITER_CALL), WANTS(mov_to_sreg, REWRITER_CALL),
	WANTS(push_sreg, REWRITER_CALL), WANTS(pop_sreg, REWRITER_CALL),
	WANTS(in, REWRITER_CALL), WANTS(out, REWRITER_CALL),
	WANTS(ins, REWRITER_CALL), WANTS(outs, REWRITER_CALL),
	WANTS(rdmsr, REWRITER_CALL), WANTS(wrmsr, REWRITER_CALL),
	WANTS(cpuid, REWRITER_CALL), WANTS(invlpg, REWRITER_CALL),
	WANTS(xsetbv, REWRITER_CALL),
	WANTS(wbinvd, REWRITER_CALL), WANTS(invd, REWRITER_CALL),
	WANTS(lar, REWRITER_CALL), WANTS(lsl, REWRITER_CALL),
	WANTS(verr, REWRITER_CALL), WANTS(verw, REWRITER_CALL),
	WANTS(clac, REWRITER_NOTHING), WANTS(stac, REWRITER_NOTHING),
	WANTS(swapgs, REWRITER_SWAPGS),
	WANTS(iret, REWRITER_JUMP), WANTS(lret, REWRITER_JUMP),
	WANTS(sysret, REWRITER_JUMP), WANTS(ljmp, REWRITER_JUMP),
	WANTS(lcall, REWRITER_JUMP), WANTS(syscall, REWRITER_JUMP),
	WANTS(sysenter, REWRITER_JUMP),	/* it would lose its stack */
	/* Interrupts by software come in through the table of traps. */
	WANTS(int, REWRITER_LEAVE),
	/* The processor's own, where CPUID offers them at all. */
	WANTS(rdtsc, REWRITER_LEAVE), WANTS(rdtscp, REWRITER_LEAVE),
	WANTS(rdpid, REWRITER_LEAVE), WANTS(rdpru, REWRITER_LEAVE),
	WANTS(xgetbv, REWRITER_LEAVE), WANTS(rdpkru, REWRITER_LEAVE),
	WANTS(wrpkru, REWRITER_LEAVE), WANTS(umonitor, REWRITER_LEAVE),
	WANTS(umwait, REWRITER_LEAVE), WANTS(tpause, REWRITER_LEAVE),
	/* Not offered: the guest does not come here. */
	WANTS(enclu, REWRITER_LEAVE),
	WANTS(vmcall, REWRITER_LEAVE), WANTS(vmmcall, REWRITER_LEAVE),
	WANTS(vmgexit, REWRITER_LEAVE), WANTS(lfs, REWRITER_LEAVE),
	WANTS(lgs, REWRITER_LEAVE), WANTS(lss, REWRITER_LEAVE),
};

/* Would change fs, whose base the sites need, and not trap, were they left. */
static int template_writes_fs(uint8_t op)
{
	return op == PREVIRT_OP_lfs || op == PREVIRT_OP_wrfsbase;
}

/*
 * An override of a segment that 64-bit code has no use for: it means nothing,
 * also before calls and jumps, where 2e and 3e might be hints. The prefix of fs may
 * stand there more than once.
 */
#define FILLER TEMPLATE_FILLER
#define INSN_LONGEST 15

/* Intel SDM volume 2, table 4-12: recommended NOPs; longer ones with fillers. */
void template_nops(uint8_t *out, unsigned size)
{
	static const uint8_t nops[9][8] = {
		{ 0 }, { 0x90 }, { 0x66, 0x90 }, { 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40, 0x00 }, { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	};

	while (size) {
		unsigned part = size > INSN_LONGEST ? INSN_LONGEST : size;
		unsigned fillers = part > 8 ? part - 8 : 0;

		memset(out, FILLER, fillers);
		memcpy(out + fillers, nops[part - fillers], part - fillers);
		out += part;
		size -= part;
	}
}

static void template_number(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = value >> (8 * i);
}

static void template_absolute(uint8_t *out, uint8_t opcode, uint8_t digit, uint64_t address)
{
	out[0] = opcode;
	out[1] = digit << 3 | 4;
	out[2] = 0x25;
	template_number(out + 3, address);
}

enum rewriter_template template_choose(const struct rewriter_target *target, uint8_t op,
				       unsigned size, int keep)
{
	uint8_t want = target->fs_base && template_writes_fs(op) ? REWRITER_CALL : wanted[op];
	unsigned need = want == REWRITER_CLI || (want == REWRITER_SWAPGS && target->fs_base) ?
			TEMPLATE_ABSOLUTE + 1 : TEMPLATE_ABSOLUTE;

	if (want == REWRITER_CALL && keep)
		want = REWRITER_JUMP;
	if (want <= REWRITER_NOTHING || size >= need)
		return want;
	if (want == REWRITER_CLI && size >= TEMPLATE_ABSOLUTE)
		return REWRITER_CALL;
	return REWRITER_TRAP;
}

enum rewriter_template template_choose_call(unsigned size, int keep)
{
	if (size < TEMPLATE_ABSOLUTE)
		return REWRITER_TRAP;
	return keep ? REWRITER_JUMP : REWRITER_CALL;
}

int template_may_trap(uint8_t op)
{
	return previrt_insns[op].kind != PREVIRT_KIND_silent;
}

unsigned template_length(enum rewriter_template template, unsigned size)
{
	if (template <= REWRITER_NOTHING)
		return 0;
	return size > INSN_LONGEST ? INSN_LONGEST : size;
}

/* One byte longer than the others of the kind: a constant, or the prefix. */
static unsigned template_bare(enum rewriter_template template, int fs)
{
	return TEMPLATE_ABSOLUTE + (fs || template == REWRITER_CLI);
}

static void template_write_trap(uint8_t *out, enum rewriter_template template, unsigned slot)
{
	memcpy(out, TEMPLATE_TRAP, 3);
	template_number(out + 3, TEMPLATE_TRAP_MARK + slot +
			(template == REWRITER_JUMP ? REWRITER_CALLS : 0));
}

int rewriter_trap_slot(const uint8_t *bytes)
{
	uint32_t slot;

	memcpy(&slot, bytes + 3, sizeof(slot));
	slot -= TEMPLATE_TRAP_MARK;
	return memcmp(bytes, TEMPLATE_TRAP, 3) || slot >= REWRITER_CALLS + REWRITER_JUMPS ?
	       -1 : (int)slot;
}

void rewriter_near(const struct rewriter_target *target, unsigned slot, uint64_t address,
		   uint8_t *bytes)
{
	bytes[0] = FILLER;
	bytes[1] = 0xff;	/* call or jmp *slot(%rip) */
	bytes[2] = slot < REWRITER_CALLS ? 0x15 : 0x25;
	template_number(bytes + 3, target->near_slots + 8 * slot - (address + REWRITER_SHORT));
}

unsigned template_write(uint8_t *out, enum rewriter_template template, unsigned size,
			const struct rewriter_target *target, unsigned slot)
{
	unsigned len = template_length(template, size);
	int fs = target->fs_base != 0;
	unsigned bare = template_bare(template, fs);
	uint8_t *at = out + len - bare + fs;
	uint64_t base = target->fs_base;

	if (len && len < bare) {
		template_write_trap(out, template, slot);
		return len;
	}
	if (len)
		memset(out, fs ? TEMPLATE_FS : FILLER, len - bare + fs);
	switch (template) {
	case REWRITER_CLI:		/* movb $1, if_byte; movw %cs, %fs:if_byte */
		template_absolute(at, fs ? 0x8c : 0xc6, fs, target->if_byte - base);
		if (!fs)
			at[TEMPLATE_ABSOLUTE] = 1;
		break;
	case REWRITER_SWAPGS:		/* notb gs_byte */
		template_absolute(at, 0xf6, 2, target->gs_byte - base);
		break;
	case REWRITER_CALL:		/* call *slot */
		template_absolute(at, 0xff, 2, target->call_slots + 8 * slot - base);
		break;
	case REWRITER_JUMP:		/* jmp *slot */
		template_absolute(at, 0xff, 4, target->jump_slots + 8 * slot - base);
		break;
	default:
		break;
	}
	template_nops(out + len, size - len);
	return len;
}
