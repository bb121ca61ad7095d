/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The interval timer: the functions that the board calls. */
#ifndef PREVIRT_I8254_H
#define PREVIRT_I8254_H
#include <stdint.h>

struct i8254;

/* The guest has taken an interrupt, which may be the timer's: the next edge may be due. */
void i8254_taken(struct i8254 *pit);

/* Counts ticks: @late were signalled after the next one was due, @dropped were not signalled
   because the line was masked. */
void i8254_statistics(const struct i8254 *pit, uint64_t *late, uint64_t *dropped);

#endif
