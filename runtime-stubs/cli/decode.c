/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See decode.h for the contracts. Intel SDM volume 2, chapter 2. */
#include "decode.h"
#include "insns.h"
#include "match.h"
#include "util.h"
#include <Zydis/Zydis.h>
#include <string.h>

static ZydisDecoder decode_engine[3];
/* The same without operands, flags and most attributes: two thirds of the time. Mnemonic,
 * category and raw parts are those of decode_engine. */
static ZydisDecoder decode_fast[3];
static bool decode_ready;
/* Opcodes of each map that may be sensitive: spares most look-ups. */
static bool decode_maybe[4][256];

static void decode_begin(void)
{
	unsigned int i;

	ZydisDecoderInit(&decode_engine[DECODE_64], ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	ZydisDecoderInit(&decode_engine[DECODE_32],
			 ZYDIS_MACHINE_MODE_LONG_COMPAT_32,
			 ZYDIS_STACK_WIDTH_32);
	ZydisDecoderInit(&decode_engine[DECODE_16], ZYDIS_MACHINE_MODE_LEGACY_16,
			 ZYDIS_STACK_WIDTH_16);
	for (i = 0; i < ARRAY_SIZE(decode_fast); i++) {
		decode_fast[i] = decode_engine[i];
		ZydisDecoderEnableMode(&decode_fast[i], ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
	}
	for (i = 0; i < previrt_enc_count; i++)
		decode_maybe[previrt_encs[i].map & 3][previrt_encs[i].opcode] = true;
	decode_ready = true;
}

/* Leading prefixes of the kind the macro pack pads with. */
static uint8_t decode_pads(enum decode_mode mode, const uint8_t *p, uint8_t len)
{
	uint8_t n = 0;

	while (n < len && (mode == DECODE_64 ? p[n] == 0x2e :
			   p[n] == 0x3e || p[n] == 0x36))
		n++;
	return n;
}

static int decode_map(const ZydisDecodedInstruction *insn)
{
	switch (insn->opcode_map) {
	case ZYDIS_OPCODE_MAP_DEFAULT: return 0;
	case ZYDIS_OPCODE_MAP_0F: return 1;
	case ZYDIS_OPCODE_MAP_0F38: return 2;
	case ZYDIS_OPCODE_MAP_0F3A: return 3;
	default: return -1;
	}
}

static uint8_t decode_op(enum decode_mode mode, const uint8_t *p,
			 const ZydisDecodedInstruction *insn)
{
	struct previrt_insn_bytes b = { 0 };
	int map = decode_map(insn);
	unsigned int i;

	/* VEX and EVEX instructions are never sensitive. */
	if (insn->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY || map < 0 ||
	    !decode_maybe[map][insn->opcode])
		return 0;
	b.map = (uint8_t)map;
	b.opcode = insn->opcode;
	if (insn->attributes & ZYDIS_ATTRIB_HAS_MODRM) {
		b.has_modrm = 1;
		b.modrm = p[insn->raw.modrm.offset];
	}
	for (i = 0; i < insn->raw.prefix_count; i++) {
		uint8_t prefix = insn->raw.prefixes[i].value;

		if (prefix == 0x66)
			b.p66 = 1;
		else if (prefix == 0xf2 || prefix == 0xf3)
			b.rep = prefix;
	}
	return (uint8_t)previrt_match(mode == DECODE_64, &b);
}

/*
 * In 32-bit code a pad prefix (3e: DS, 36: SS) in front of a memory operand is
 * redundant only if it names the segment used anyway.
 */
static bool decode_segment_matters(enum decode_mode mode, const uint8_t *p,
				   const ZydisDecodedInstruction *insn)
{
	bool stack;
	unsigned int i;
	uint8_t last = 0;

	if (mode == DECODE_64 || !(insn->attributes & ZYDIS_ATTRIB_HAS_MODRM) ||
	    insn->raw.modrm.mod == 3)
		return false;
	for (i = 0; i < insn->raw.prefix_count; i++)
		if (p[i] == 0x3e || p[i] == 0x36)
			last = p[i];
	stack = insn->raw.modrm.rm == 5 && insn->raw.modrm.mod;
	if (insn->raw.modrm.rm == 4)
		stack = insn->raw.sib.base == 4 ||
			(insn->raw.sib.base == 5 && insn->raw.modrm.mod);
	return last && last != (stack ? 0x36 : 0x3e);
}

/* gas's fillers for 32-bit code that are not the NOP instruction. */
static bool decode_is_filler(const uint8_t *p, uint8_t len)
{
	static const struct { uint8_t len, bytes[8]; } fillers[] = {
		{ 2, { 0x89, 0xf6 } },                    /* mov %esi,%esi */
		{ 2, { 0x8b, 0xff } },                    /* mov %edi,%edi */
		{ 3, { 0x8d, 0x76, 0 } },                 /* lea 0(%esi),%esi */
		{ 4, { 0x8d, 0x74, 0x26, 0 } },
		{ 4, { 0x8d, 0x74, 0x25, 0 } },
		{ 6, { 0x8d, 0xb6, 0, 0, 0, 0 } },
		{ 6, { 0x8d, 0xbf, 0, 0, 0, 0 } },
		{ 7, { 0x8d, 0xb4, 0x26, 0, 0, 0, 0 } },
		{ 7, { 0x8d, 0xbc, 0x27, 0, 0, 0, 0 } },
	};
	size_t i;

	while (len && (*p == 0x2e || *p == 0x3e)) {
		p++;
		len--;
	}
	for (i = 0; i < ARRAY_SIZE(fillers); i++)
		if (len == fillers[i].len && !memcmp(p, fillers[i].bytes, len))
			return true;
	return false;
}

/* Bytes of the ModRM byte at p and what belongs to it, with 64-bit addresses. */
static size_t decode_modrm(const uint8_t *p, size_t room)
{
	uint8_t mod = p[0] >> 6, base = p[0] & 7;
	size_t len = 1;

	if (mod == 3)
		return len;
	if (base == 4) {
		if (room < 2)
			return room + 1;
		base = p[1] & 7;
		len++;
	}
	if (mod == 1)
		return len + 1;
	return len + (mod == 2 || base == 5 ? 4 : 0);
}

/*
 * Sensitive instructions newer than Zydis: those told by a whole ModRM byte,
 * such as wrmsrlist and hreset, and lkgs.
 */
static bool decode_unknown(enum decode_mode mode, const uint8_t *p, size_t size,
			   struct decoded *out)
{
	size_t at, room = size < 15 ? size : 15;
	int op = previrt_match_bytes(mode == DECODE_64, p, room, &at);
	unsigned int i;

	if (!op || at >= room)
		return false;
	for (i = 0; i < previrt_enc_count; i++) {
		const struct previrt_enc *enc = &previrt_encs[i];
		size_t len = at + 1 + (enc->map == 3);

		if (op == PREVIRT_OP_lkgs)
			len = at + decode_modrm(p + at, room - at);
		else if (enc->modrm != p[at])
			continue;
		if (enc->op != op || len > room)
			continue;
		out->op = (uint8_t)op;
		out->len = (uint8_t)len;
		out->pads = decode_pads(mode, p, out->len);
		return true;
	}
	return false;
}

/* Does execution never go on behind it? hlt is left by an interrupt. */
static bool decode_ends(const ZydisDecodedInstruction *insn)
{
	switch (insn->meta.category) {
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_UNCOND_BR:
	case ZYDIS_CATEGORY_SYSRET:
		return true;
	default:
		return insn->mnemonic == ZYDIS_MNEMONIC_UD2 ||
		       insn->mnemonic == ZYDIS_MNEMONIC_INT3;
	}
}

/* Where an instruction at @addr leads to or takes the address of. */
static void decode_target(enum decode_mode mode, const ZydisDecodedInstruction *insn,
			  uint64_t addr, struct decoded *out)
{
	out->branch = insn->raw.imm[0].is_relative;
	out->address = mode == DECODE_64 && insn->mnemonic == ZYDIS_MNEMONIC_LEA &&
		       !insn->raw.modrm.mod && insn->raw.modrm.rm == 5;
	if (out->branch)
		out->target = addr + insn->length + (uint64_t)insn->raw.imm[0].value.s;
	else if (out->address)
		out->target = addr + insn->length + (uint64_t)insn->raw.disp.value;
	if (mode != DECODE_64)
		out->target = (uint32_t)out->target;
}

bool decode_one(enum decode_mode mode, const uint8_t *p, size_t size,
		uint64_t addr, struct decoded *out)
{
	ZydisDecodedInstruction insn;

	memset(out, 0, sizeof(*out));
	if (!decode_ready)
		decode_begin();
	if (mode == DECODE_DATA || !size)
		return false;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decode_fast[mode],
			NULL, p, size < 15 ? size : 15, &insn)))
		return decode_unknown(mode, p, size, out);
	out->len = insn.length;
	out->op = decode_op(mode, p, &insn);
	out->pads = decode_pads(mode, p, out->len);
	out->nop = insn.mnemonic == ZYDIS_MNEMONIC_NOP ||
		   (mode != DECODE_64 && decode_is_filler(p, out->len));
	out->stack = insn.mnemonic == ZYDIS_MNEMONIC_PUSH ||
		     insn.mnemonic == ZYDIS_MNEMONIC_POP;
	out->segment_matters = decode_segment_matters(mode, p, &insn);
	out->call = insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
		    (insn.opcode == 0xe8 || (insn.opcode == 0xff &&
					     insn.raw.modrm.reg == 2));
	out->far_jump = insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
			insn.opcode == 0xea;
	out->ends = decode_ends(&insn);
	out->zeros = insn.length == 2 && !p[0] && !p[1];
	decode_target(mode, &insn, addr, out);
	return true;
}

bool decode_access(enum decode_mode mode, const uint8_t *p, size_t size,
		   struct decoded_access *out)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	unsigned int i;

	memset(out, 0, sizeof(*out));
	if (!decode_ready)
		decode_begin();
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decode_engine[mode], p,
			size < 15 ? size : 15, &insn, operands)))
		return false;
	out->string = insn.meta.category == ZYDIS_CATEGORY_STRINGOP;
	for (i = 0; i < insn.operand_count; i++) {
		const ZydisDecodedOperand *o = &operands[i];

		if (o->type != ZYDIS_OPERAND_TYPE_MEMORY ||
		    o->mem.type != ZYDIS_MEMOP_TYPE_MEM ||
		    (o->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && !out->string))
			continue;
		out->reads |= (o->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
		out->writes |= (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
		out->width = o->size / 8;
	}
	return out->reads || out->writes;
}
