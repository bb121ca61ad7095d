/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A gdb of the guest's own view: the wedge's hooks (wedge.h), and the machine that the
 * protocol knows (server.h). For back-ends that have a channel to gdb.
 */
#ifndef PREVIRT_GDB_GUEST_H
#define PREVIRT_GDB_GUEST_H
#include <stddef.h>
#include <stdint.h>

/* Send bytes to gdb, and receive them. A byte from gdb is an event (iface/events.h). */
struct gdb_channel {
	void (*write)(const char *bytes, size_t size);
	/* Receives at most @size bytes and returns how many; @wait: at least one. 0: there
	   is none, or the channel is closed. */
	size_t (*read)(char *to, size_t size, int wait);
};

/* Called before wedge_start if the bundle has the file "gdb", which is @file. */
struct bundle_gdb;
void gdb_guest_init(const struct gdb_channel *channel, const struct bundle_gdb *file);

#endif
