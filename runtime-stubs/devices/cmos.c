/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The MC146818 clock and its memory: an index port and a data port. The clock starts
 * at cmos_start and follows virtual time. LIMIT: the clock cannot be set. Alarms have
 * no effect, and there is no interrupt.
 */
#include "../bus/device.h"

#define NS 1000000000ull
#define REGISTER_A 0x26
#define REGISTER_B 0x02		/* 24 hours, BCD */

struct cmos {
	/* State. */
	uint8_t index, memory[128];
};

/* Seconds since 1970 at virtual time 0. LIMIT: 2026-01-01, not the host's clock. */
static const uint64_t cmos_start = 1767225600;

static uint8_t cmos_bcd(unsigned value)
{
	return value / 10 << 4 | value % 10;
}

/* Days since 1970-01-01 to a date; years to 2099. */
static void cmos_date(uint64_t days, unsigned *year, unsigned *month, unsigned *day)
{
	static const uint8_t lengths[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned length;

	for (*year = 1970;; (*year)++) {
		length = *year % 4 ? 365 : 366;
		if (days < length)
			break;
		days -= length;
	}
	for (*month = 0;; (*month)++) {
		length = lengths[*month] + (*month == 1 && *year % 4 == 0);
		if (days < length)
			break;
		days -= length;
	}
	*day = days + 1;
	(*month)++;
}

static uint8_t cmos_clock(uint8_t index)
{
	uint64_t now = cmos_start + backend_time() / NS;
	unsigned year, month, day;

	cmos_date(now / 86400, &year, &month, &day);
	switch (index) {
	case 0: return cmos_bcd(now % 60);
	case 2: return cmos_bcd(now / 60 % 60);
	case 4: return cmos_bcd(now / 3600 % 24);
	case 6: return (now / 86400 + 4) % 7 + 1;
	case 7: return cmos_bcd(day);
	case 8: return cmos_bcd(month);
	case 9: return cmos_bcd(year % 100);
	}
	return 0x20;	/* 32h: the century */
}

static uint32_t cmos_read(void *self, uint16_t offset, int size)
{
	const struct cmos *cmos = self;
	uint8_t index = cmos->index & 127;

	(void)size;
	if (!offset)
		return 0xff;
	if (index <= 9 && (index % 2 == 0 || index >= 6))
		return cmos_clock(index);
	switch (index) {
	case 0x32:
		return cmos_clock(index);
	case 0xa:	/* bit 7, update in progress, in the last 244 us of a second */
		return REGISTER_A | (backend_time() % NS > NS - 244000 ? 0x80 : 0);
	case 0xb:
		return REGISTER_B;
	case 0xc:
		return 0;
	case 0xd:
		return 0x80;	/* the battery is good */
	}
	return cmos->memory[index];
}

static void cmos_write(void *self, uint16_t offset, int size, uint32_t value)
{
	struct cmos *cmos = self;

	(void)size;
	if (!offset)
		cmos->index = value;
	else
		cmos->memory[cmos->index & 127] = value;
}

static void cmos_reset(void *self)
{
	((struct cmos *)self)->index = 0;
}

static int cmos_attach(void *self, struct bus *bus, const struct device_place *place)
{
	return bus_add_ports(bus, &(struct bus_ports){ place->at, 2, 0, self, cmos_read,
						       cmos_write });
}

static const struct state_field cmos_state[] = {
	STATE(struct cmos, index), STATE_ARRAY(struct cmos, memory),
};

const struct device device_cmos = {
	"cmos", sizeof(struct cmos), 1, cmos_attach, cmos_reset, NULL,
	cmos_state, sizeof(cmos_state) / sizeof(cmos_state[0])
};
