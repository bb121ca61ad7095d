/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The fuzzing guest: what its files share. */
#ifndef FUZZ_H
#define FUZZ_H
#include <stdint.h>

#define KERNEL_CS 0x10
#define KERNEL_SS 0x18
#define USER_SS 0x2b
#define USER_CS 0x33
/* As guest.inc has it. */
#ifdef LOWER_HALF
#define SLOT_VA(n) ((128ull + ((n) & 63)) << 39)
#else
#define SLOT_VA(n) (0xffffull << 48 | (n##ull) << 39)
#endif
#define HIGH (SLOT_VA(511) | 510ull << 30)
#define POOL_PAGES 64u
#define LOWER_PLACE (5ull << 39)	/* slots of the level-4 table */
#define UPPER_PLACE SLOT_VA(300)
#define USER_PLACE (7ull << 39)
#define APIC_PLACE SLOT_VA(310)

/* start.S */
extern char fuzz_entries[], fuzz_syscall[];
extern uint64_t gdt[], fuzz_registers[11];
extern uint8_t idt[], gdtr[], idtr[];
extern volatile uint32_t patience;
uint64_t fuzz_try(void (*attempt)(uint64_t, uint64_t), uint64_t a, uint64_t b);
void fuzz_put(int c);
void fuzz_iret(const uint64_t frame[5]);
void fuzz_run_code(const void *code);
_Noreturn void fuzz_end(int status);

/* fuzz.c */
extern uint64_t fuzz_pool[];
uint64_t fuzz_random(void);
unsigned fuzz_below(unsigned n);
uint64_t fuzz_value(void);
uint64_t fuzz_address(void);
void fuzz_print(const char *text);
void fuzz_number(uint64_t n);

/* attempts.c */
#define FUZZ_KINDS 20u
struct fuzz_kind {
	const char *name;
	void (*attempt)(uint64_t, uint64_t);
	int lethal;
};
extern const struct fuzz_kind fuzz_kinds[FUZZ_KINDS];
void fuzz_setup(void);
/* What the next attempt relies on is as it was. */
void fuzz_restore(void);
void fuzz_gate(unsigned vector, uint64_t to, uint8_t type, uint16_t cs, uint8_t ist);

#endif
