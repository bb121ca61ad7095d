/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Memory: the guest's, and the wedge's own. Guest-physical memory lies as in a PC: from
 * 0 to backend_low_bytes and, if there is more than BACKEND_LOW_MOST, from
 * BACKEND_HOLE_END to backend_guest_bytes. Devices have their addresses between
 * BACKEND_HOLE and BACKEND_HOLE_END.
 */
#ifndef PREVIRT_IFACE_MEMORY_H
#define PREVIRT_IFACE_MEMORY_H
#include <stddef.h>
#include <stdint.h>

#define BACKEND_PAGE 4096u
#define BACKEND_NO_FRAME (~(uint64_t)0)
#define BACKEND_LOW_MOST (7ull << 29)
#define BACKEND_HOLE (3ull << 30)
#define BACKEND_HOLE_END (4ull << 30)
#define BACKEND_HOLE_FRAMES ((BACKEND_HOLE_END - BACKEND_HOLE) / BACKEND_PAGE)

/* Where guest-physical address 0 is mapped in the wedge's space, for reading and
   writing; guest-physical address n is n bytes after it. */
extern uint8_t *backend_guest_memory;

/* The end of the lower part of guest memory, in bytes. */
extern uint64_t backend_low_bytes;

/* The end of guest memory, in bytes: backend_low_bytes if there is no upper part. */
extern uint64_t backend_guest_bytes;

/* The machine frame of each guest frame of both parts, one part after the other: frames of
   the hole are left out (backend_frame). */
extern const uint64_t *backend_frame_numbers;

static inline int backend_is_memory(uint64_t gpa)
{
	return gpa < backend_low_bytes || (gpa >= BACKEND_HOLE_END && gpa < backend_guest_bytes);
}

/* The place of guest-physical address @gpa in the wedge's space; NULL: no memory. */
static inline void *backend_guest(uint64_t gpa)
{
	return backend_is_memory(gpa) ? backend_guest_memory + gpa : NULL;
}

/* The machine address of guest frame @gfn, or BACKEND_NO_FRAME. */
static inline uint64_t backend_frame(uint64_t gfn)
{
	uint64_t gpa = gfn * BACKEND_PAGE;

	if (gpa < backend_low_bytes)
		return backend_frame_numbers[gfn] * BACKEND_PAGE;
	return backend_is_memory(gpa)
		? backend_frame_numbers[gfn - BACKEND_HOLE_FRAMES] * BACKEND_PAGE
		: BACKEND_NO_FRAME;
}

/* Returns the guest frame whose machine address stands in the page-table entry @entry;
   a number past the end of guest memory if it is none of the guest's. */
uint64_t backend_gfn(uint64_t entry);

/* Returns @size bytes of memory for the wedge, zeroed and aligned to a page. It is never
   freed. If there is not enough, the machine ends. */
void *backend_memory(size_t size);

#endif
