/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What firmware leaves in memory, whatever boots behind it. */
#ifndef PREVIRT_FIRMWARE_H
#define PREVIRT_FIRMWARE_H

/* The guest's own memory: below LOW_END, and from END on. */
#define FIRMWARE_LOW_END 0x9fc00ull
#define FIRMWARE_END 0x100000ull

void firmware_place(void);

#endif
