/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The pair of interrupt controllers, by what the board asks of it. */
#ifndef PREVIRT_I8259_H
#define PREVIRT_I8259_H

struct i8259;

/* The vector to deliver, acknowledged, or -1 when none is due (bus->interrupt is 0). */
int i8259_acknowledge(struct i8259 *pics);

#endif
