/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The interval timer, by what the board asks of it. */
#ifndef PREVIRT_I8254_H
#define PREVIRT_I8254_H
#include <stdint.h>

struct i8254;

/* The guest has taken an interrupt, perhaps this one: another may be due. */
void i8254_taken(struct i8254 *pit);

/* Ticks signalled when later ones were due already; dropped, for the line was
   masked. */
void i8254_count(const struct i8254 *pit, uint64_t *late, uint64_t *dropped);

#endif
