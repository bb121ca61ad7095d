/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "match.h"
#include "insns.h"

static int prefix_fits(uint8_t want, const struct previrt_insn_bytes *insn)
{
	switch (want) {
	case PREVIRT_PREFIX_NP:
		return !insn->p66 && !insn->rep;
	case PREVIRT_PREFIX_66:
		return insn->p66 && !insn->rep;
	case PREVIRT_PREFIX_F2:
		return insn->rep == 0xf2;
	case PREVIRT_PREFIX_F3:
		return insn->rep == 0xf3;
	}
	return 1;
}

static int modrm_fits(const struct previrt_enc *enc,
		      const struct previrt_insn_bytes *insn)
{
	int is_register = insn->modrm >= 0xc0;

	if (enc->modrm == PREVIRT_MODRM_none)
		return 1;
	if (!insn->has_modrm)
		return 0;
	if (enc->mod == PREVIRT_MOD_r && !is_register)
		return 0;
	if (enc->mod == PREVIRT_MOD_m && is_register)
		return 0;
	if (enc->modrm < PREVIRT_MODRM_digit)
		return insn->modrm == enc->modrm;
	if (enc->modrm == PREVIRT_MODRM_any)
		return 1;
	return ((insn->modrm >> 3) & 7) == enc->modrm - PREVIRT_MODRM_digit;
}

/*
 * An encoding with a whole ModRM byte is more specific than one with a digit (0F 01 /7
 * m is invlpg, 0F 01 F8 swapgs). The table's digits for such opcodes name a mod. So at
 * most one encoding matches, and their order does not matter.
 */
int previrt_match(int mode64, const struct previrt_insn_bytes *insn)
{
	unsigned mode = mode64 ? PREVIRT_MODE_64 : PREVIRT_MODE_32;

	for (unsigned i = 0; i < previrt_enc_count; i++) {
		const struct previrt_enc *enc = &previrt_encs[i];

		if (enc->map == insn->map && enc->opcode == insn->opcode &&
		    (enc->modes & mode) && prefix_fits(enc->prefix, insn) &&
		    modrm_fits(enc, insn))
			return enc->op;
	}
	return 0;
}

/* Returns 1 for a legacy prefix, and in 64-bit code for a REX prefix. */
static int take_prefix(int mode64, uint8_t byte, struct previrt_insn_bytes *insn)
{
	switch (byte) {
	case 0x66:
		insn->p66 = 1;
		return 1;
	case 0xf2:
	case 0xf3:
		insn->rep = byte;
		return 1;
	case 0x26: case 0x2e: case 0x36: case 0x3e:
	case 0x64: case 0x65: case 0x67: case 0xf0:
		return 1;
	}
	return mode64 && (byte & 0xf0) == 0x40;
}

int previrt_match_bytes(int mode64, const uint8_t *bytes, size_t size,
			size_t *modrm_at)
{
	struct previrt_insn_bytes insn = { 0 };
	size_t at = 0;

	while (at < size && take_prefix(mode64, bytes[at], &insn))
		at++;
	if (at < size && bytes[at] == 0x0f) {
		insn.map = 1;
		at++;
		if (at < size && (bytes[at] == 0x38 || bytes[at] == 0x3a)) {
			insn.map = bytes[at] == 0x38 ? 2 : 3;
			at++;
		}
	}
	if (at == size)
		return 0;
	insn.opcode = bytes[at++];
	if (at < size) {
		insn.has_modrm = 1;
		insn.modrm = bytes[at];
	}
	if (modrm_at)
		*modrm_at = at;
	return previrt_match(mode64, &insn);
}
