/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A toy supervisor: a stub, memory for it, and pieces of user code (user.S). */
#ifndef PREVIRT_TEST_TOY_H
#define PREVIRT_TEST_TOY_H
#include "../../runtime-stubs/stub/stub.h"

#define TOY_CODE 0x400000ull		/* one page; in the file from 0 on */
#define TOY_DATA 0x10000000ull		/* TOY_DATA_SIZE; in the file from TOY_DATA_AT on */
#define TOY_DATA_AT 0x100000ull
#define TOY_DATA_SIZE 0x20000ull
#define TOY_SIZE 0x400000ull

#define PIECE(name) extern const char user_##name[], user_##name##_end[];
PIECE(call) PIECE(calls) PIECE(loop) PIECE(ud2) PIECE(breakpoint) PIECE(divide) PIECE(nops)
PIECE(load) PIECE(store) PIECE(swap_vectors) PIECE(bases) PIECE(int80) PIECE(sysenter)
PIECE(privileged) PIECE(jump) PIECE(clear_sequence) PIECE(load_gs)
PIECE(read_gs)

extern struct stub toy;
extern int toy_memory;			/* file */
extern uint8_t *toy_bytes;		/* its TOY_SIZE bytes */

/* A stub with code and data mapped, in @stub or toy; the program ends if it cannot be. */
void toy_start(struct stub *stub);
void toy_new(void);
/* It is to run this piece, from the beginning. */
#define TOY_PIECE(name) toy_piece(user_##name, user_##name##_end)
void toy_piece(const char *code, const char *end);
/* toy runs; what has happened, in one word, with the vector of an exception. */
#define EXCEPTION(vector) (100 + (vector))
int toy_run(void);
/* The same, and an alarm after @us interrupts it. */
int toy_run_for(unsigned us);
void toy_alarm(unsigned us);

uint64_t toy_random(void);
int any_failed(void);
void expect(const char *what, int good);
void expect_equal(const char *what, uint64_t got, uint64_t wanted);

/* Tests, by file. @rounds: how often what is random. */
void test_registers(unsigned rounds);
void test_events(unsigned rounds);
void test_mapping(unsigned rounds);
void test_vectors(unsigned rounds);
void test_interrupts(unsigned rounds);
void test_calls(unsigned rounds);
void test_forging(unsigned rounds);
void test_local(unsigned rounds);
void test_life(unsigned rounds);
void test_place(unsigned rounds);

#endif
