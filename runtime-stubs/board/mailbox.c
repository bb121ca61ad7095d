/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The wake-up mailbox of further processors: a page that the ACPI tables name. It is
 * device memory, so a write of the command takes effect at once. It exists if there
 * are several processors. ACPI 6.4, 5.2.12.19, tables 5.43 and 5.44.
 */
#include "mailbox.h"
#include "board.h"
#include "../iface/events.h"
#include "../iface/memory.h"

#define COMMAND_WAKE 1
#define WORD(at) ((at) & ~7ull)

struct mailbox {
	/* State. */
	uint32_t apic;
	uint64_t vector;
	uint64_t wake_vector[BACKEND_VCPUS_MAX];
	uint8_t woken[BACKEND_VCPUS_MAX];
	uint8_t again[BACKEND_VCPUS_MAX];	/* woken again before it was off: starts as soon
						   as it is */
	/* Derived. */
	void (*start)(unsigned vcpu);
};

/* A command takes effect at once, so the page always reads as 0. */
static uint64_t mailbox_read(void *self, uint64_t offset, unsigned size)
{
	const struct mailbox *mailbox = self;
	uint64_t low = (uint64_t)mailbox->apic << 32, word;

	(void)size;
	word = WORD(offset) == 0 ? low : WORD(offset) == 8 ? mailbox->vector : 0;
	return word >> 8 * (offset & 7);
}

/* A processor that has halted, or is about to, can be woken again. ACPI does not require
   that. */
static void mailbox_wake(struct mailbox *mailbox)
{
	uint32_t vcpu = mailbox->apic;

	if (!vcpu || vcpu >= backend_vcpus)
		return;
	mailbox->wake_vector[vcpu] = mailbox->vector;
	if (mailbox->woken[vcpu]) {
		mailbox->again[vcpu] = 1;
		backend_kick(vcpu);
		return;
	}
	mailbox->woken[vcpu] = 1;
	mailbox->start(vcpu);
}

static void mailbox_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct mailbox *mailbox = self;

	if (offset == 4 && size == 4)
		mailbox->apic = value;
	else if (offset == 8 && size == 8)
		mailbox->vector = value;
	else if (offset == 0 && (uint16_t)value == COMMAND_WAKE)
		mailbox_wake(mailbox);
}

void mailbox_set_start(void (*start)(unsigned vcpu))
{
	((struct mailbox *)board_vm.self[BOARD_mailbox])->start = start;
}

uint64_t mailbox_vector(unsigned vcpu)
{
	return ((struct mailbox *)board_vm.self[BOARD_mailbox])->wake_vector[vcpu];
}

int mailbox_woken_again(void)
{
	struct mailbox *mailbox = board_vm.self[BOARD_mailbox];
	int is_woken = mailbox->again[backend_vcpu];

	mailbox->again[backend_vcpu] = 0;
	return is_woken;
}

static void mailbox_reset(void *self)
{
	struct mailbox *mailbox = self;

	*mailbox = (struct mailbox){ .woken[0] = 1, .start = mailbox->start };
}

static int mailbox_attach(void *self, struct bus *bus, const struct device_place *place)
{
	if (backend_vcpus == 1)
		return 0;
	return bus_add_memory(bus, &(struct bus_memory){ place->at, BACKEND_PAGE, self,
							 mailbox_read, mailbox_write });
}

static const struct state_field mailbox_state[] = {
	STATE(struct mailbox, apic), STATE(struct mailbox, vector),
	STATE_ARRAY(struct mailbox, wake_vector), STATE_ARRAY(struct mailbox, woken),
	STATE_ARRAY(struct mailbox, again),
};

const struct device device_mailbox = {
	"mailbox", sizeof(struct mailbox), 1, mailbox_attach, mailbox_reset, NULL,
	mailbox_state, sizeof(mailbox_state) / sizeof(mailbox_state[0])
};
