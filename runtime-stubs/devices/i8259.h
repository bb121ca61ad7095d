/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The pair of interrupt controllers: the functions that the board calls. */
#ifndef PREVIRT_I8259_H
#define PREVIRT_I8259_H

struct i8259;

/* Acknowledges the interrupt and returns its vector. -1: there is none (bus->interrupt is
   0). */
int i8259_acknowledge(struct i8259 *pics);

#endif
