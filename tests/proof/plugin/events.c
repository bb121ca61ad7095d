/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "proof.h"

#include <stdlib.h>

/* One kind of event by one instruction. */
struct event {
	uint32_t owner;
	uint8_t what, size;	/* of tables: level, linked or not */
	const char *device;
	uint64_t count, address;	/* of the first */
};

enum { ROOM = 1 << 16, LINKED = 8, DEVICE_LOAD = 32, DEVICE_STORE = 33 };

static struct event events[ROOM];
static unsigned used;

static void count(uint32_t owner, uint8_t what, uint8_t size, const char *device,
		  uint64_t address)
{
	uint32_t at = owner * 2654435761u ^ what * 40503u ^ (uint32_t)(uintptr_t)device;

	for (;; at++) {
		struct event *e = &events[at % ROOM];

		if (!e->count) {
			if (++used == ROOM) {
				fputs("proof: too many kinds of events\n", stderr);
				abort();
			}
			*e = (struct event) { owner, what, size, device, 1, address };
			return;
		}
		if (e->owner == owner && e->what == what && e->size == size &&
		    e->device == device) {
			e->count++;
			return;
		}
	}
}

void events_table(uint32_t owner, unsigned level, bool linked, uint64_t address)
{
	count(owner, level | (linked ? LINKED : 0), 0, NULL, address);
}

void events_device(uint32_t owner, bool store, unsigned size, const char *device,
		   uint64_t address)
{
	count(owner, store ? DEVICE_STORE : DEVICE_LOAD, size, device, address);
}

static void print_owner(uint32_t owner, FILE *out)
{
	static const char *const names[] = { "nobody", "user", "before" };
	uint32_t where = owner & ~OWNER_INIT;

	if (where < OWNER_FIRST)
		fprintf(out, "%s", names[where]);
	else
		fprintf(out, "%llx", KERNEL_BASE + where);
	fputs(owner & OWNER_INIT ? " late" : " early", out);
}

/*
 * table OWNER early|late pte|pmd|pud|pgd linked|ahead COUNT ADDRESS
 * device OWNER early|late load|store SIZE COUNT ADDRESS NAME
 */
void events_report(FILE *out)
{
	static const char *const levels[] = { "none", "pte", "pmd", "pud", "pgd" };

	for (unsigned i = 0; i < ROOM; i++) {
		const struct event *e = &events[i];

		if (!e->count)
			continue;
		fputs(e->device ? "device " : "table ", out);
		print_owner(e->owner, out);
		if (e->device)
			fprintf(out, " %s %u %llu %llx %s\n",
				e->what == DEVICE_STORE ? "store" : "load", e->size,
				(unsigned long long)e->count, (unsigned long long)e->address,
				e->device);
		else
			fprintf(out, " %s %s %llu %llx\n", levels[e->what & (LINKED - 1)],
				e->what & LINKED ? "linked" : "ahead",
				(unsigned long long)e->count, (unsigned long long)e->address);
	}
}
