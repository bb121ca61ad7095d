/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The main counter and the registers of three timers. IA-PC HPET specification 1.0a,
 * 2.3. The counter has 64 bits and a period of 10 ns. A read computes it from virtual
 * time, so no count is ever lost. LIMIT: the timers have no interrupts, and their
 * capabilities say so. The HPET does not replace the 8254.
 */
#include "hpet.h"
#include "../bus/device.h"

#define HPET_SIZE 4096u
#define PERIOD_NS 10u
#define PERIOD_FS 10000000ull
#define TIMERS 3u
_Static_assert((HPET_ID >> 8 & 31) == TIMERS - 1 && HPET_ID >> 13 & 1, "timers, 64 bits");

enum { CAPABILITIES = 0x000, CONFIG = 0x010, STATUS = 0x020, COUNTER = 0x0f0, TIMER = 0x100 };
#define TIMER_BYTES 0x20u
#define TIMER_COMPARATOR 0x08u

#define ENABLE 1u		/* of CONFIG; there is no legacy replacement route */
/* Of a timer: edge or level, enabled, 32 bits requested. */
#define TIMER_WRITABLE 0x106u
#define TIMER_CAPABILITIES 0x20u	/* 64 bits; not periodic */

struct hpet {
	/* State. */
	uint64_t config;
	uint64_t start;			/* ns, when the counter stood at 0, while it runs */
	uint64_t halted;		/* the counter while it does not run */
	struct { uint64_t config, comparator; } timer[TIMERS];
};

static void hpet_reset(void *self)
{
	struct hpet *hpet = self;

	hpet->config = hpet->halted = 0;
	for (unsigned i = 0; i < TIMERS; i++) {
		hpet->timer[i].config = TIMER_CAPABILITIES;
		hpet->timer[i].comparator = ~(uint64_t)0;
	}
}

static uint64_t hpet_counter(const struct hpet *hpet)
{
	return hpet->config & ENABLE ? (backend_time() - hpet->start) / PERIOD_NS : hpet->halted;
}

/* The timer whose registers are at @offset, or TIMERS. */
static unsigned hpet_timer(uint64_t offset)
{
	return offset >= TIMER && offset < TIMER + TIMERS * TIMER_BYTES ?
	       (offset - TIMER) / TIMER_BYTES : TIMERS;
}

/* A register of 64 bits at @offset, a multiple of 8. */
static uint64_t hpet_get(const struct hpet *hpet, uint64_t offset)
{
	unsigned timer = hpet_timer(offset);

	switch (offset) {
	case CAPABILITIES:
		return PERIOD_FS << 32 | HPET_ID;
	case CONFIG:
		return hpet->config;
	case COUNTER:
		return hpet_counter(hpet);
	}
	if (timer == TIMERS)
		return 0;
	switch ((offset - TIMER) % TIMER_BYTES) {
	case 0:
		return hpet->timer[timer].config;
	case TIMER_COMPARATOR:
		return hpet->timer[timer].comparator;
	}
	return 0;
}

static void hpet_write_config(struct hpet *hpet, uint64_t value)
{
	uint64_t counter = hpet_counter(hpet);

	hpet->config = value & ENABLE;
	hpet->halted = counter;
	hpet->start = backend_time() - counter * PERIOD_NS;
}

static void hpet_set(struct hpet *hpet, uint64_t offset, uint64_t value)
{
	unsigned timer = hpet_timer(offset);

	if (offset == CONFIG)
		hpet_write_config(hpet, value);
	else if (offset == COUNTER && !(hpet->config & ENABLE))
		hpet->halted = value;
	else if (timer == TIMERS)
		return;
	else if ((offset - TIMER) % TIMER_BYTES == 0)
		hpet->timer[timer].config = (value & TIMER_WRITABLE) | TIMER_CAPABILITIES;
	else if ((offset - TIMER) % TIMER_BYTES == TIMER_COMPARATOR)
		hpet->timer[timer].comparator = value;
}

/* The specification defines aligned accesses of 4 and 8 bytes only. */
static int hpet_takes(uint64_t offset, unsigned size)
{
	return (size == 4 || size == 8) && !(offset & (size - 1));
}

static uint64_t hpet_read(void *self, uint64_t offset, unsigned size)
{
	return hpet_takes(offset, size) ? hpet_get(self, offset & ~7ull) >> 8 * (offset & 4) : 0;
}

static void hpet_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	uint64_t at = offset & ~7ull;

	if (!hpet_takes(offset, size))
		return;
	if (size == 4 && offset & 4)
		value = (uint32_t)hpet_get(self, at) | value << 32;
	else if (size == 4)
		value = (hpet_get(self, at) & ~0xffffffffull) | (uint32_t)value;
	hpet_set(self, at, value);
}

static int hpet_attach(void *self, struct bus *bus, const struct device_place *place)
{
	return bus_add_memory(bus, &(struct bus_memory){ place->at, HPET_SIZE, self, hpet_read,
							 hpet_write });
}

static const struct state_field hpet_state[] = {
	STATE(struct hpet, config), STATE(struct hpet, start), STATE(struct hpet, halted),
	STATE_EACH(struct hpet, timer, config), STATE_EACH(struct hpet, timer, comparator),
};

const struct device device_hpet = {
	"hpet", sizeof(struct hpet), 1, hpet_attach, hpet_reset, NULL,
	hpet_state, sizeof(hpet_state) / sizeof(hpet_state[0])
};
