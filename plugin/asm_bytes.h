/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Instructions written as bytes: which list of bytes is one sensitive
 * instruction, no more and no less.
 *
 * Knows the length of an instruction (Intel SDM volume 2, 2.1 and 2.2), for
 * those that insns.tbl lists. Knows no assembler text but lists of numbers.
 */
#ifndef PREVIRT_ASM_BYTES_H
#define PREVIRT_ASM_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASM_BYTES_MAX = 15 };	/* the longest instruction */

/*
 * The op (enum previrt_op) if the bytes are exactly one sensitive instruction
 * of 64-bit (mode64) or 32-bit code, prefixes included; else 0.
 */
int asm_bytes_match(bool mode64, const uint8_t *bytes, size_t count);

/*
 * Reads "n, n, ..." with literal numbers (0x.., 0.., decimal, 0b..) of width
 * bytes (1, 2, 4 or 8) from text[0..size), as memory has them. Returns the count
 * of bytes, or 0 if anything else is there or more than ASM_BYTES_MAX are.
 */
size_t asm_bytes_parse(const char *text, size_t size, unsigned width, uint8_t *bytes);

/*
 * The name gas has for this prefix byte, or NULL. REX prefixes but rex64
 * (0x48) have none here.
 */
const char *asm_prefix_name(bool mode64, uint8_t byte);

/* The byte of a prefix's name (size characters, any case), or -1. */
int asm_prefix_byte(bool mode64, const char *name, size_t size);

#endif
