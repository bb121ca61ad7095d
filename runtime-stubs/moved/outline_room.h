/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Memory for code of modules that goes out of line. Nothing reports the end of a
 * module. So a piece is free again when the guest's tables no longer map its section,
 * or when another section is relocated there.
 */
#ifndef PREVIRT_MOVED_OUTLINE_ROOM_H
#define PREVIRT_MOVED_OUTLINE_ROOM_H
#include <stddef.h>
#include <stdint.h>

#define OUTLINE_ROOM_NONE (~0ull)

void outline_room_init(size_t size);
/* Returns a piece of @size bytes, a multiple of 16, for the section at @va, or NONE. */
uint64_t outline_room_take(uint64_t va, size_t section_size, size_t size);

#endif
