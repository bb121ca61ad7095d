/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The ACPI tables by which a kernel finds the devices. ACPI specification 1.0b, 5.2.
 * With several processors, a further table lists them, with their mailbox and the I/O
 * APIC (ACPI 6.4, 5.2.12). LIMIT: the namespace has the PCI bus (dsdt.c), no other
 * devices and no processors.
 */
#include "board.h"
#include "dsdt.h"
#include "places.h"
#include "../devices/acpi.h"
#include "../devices/hpet.h"
#include <stddef.h>
#include <string.h>

#define MADT_8259 1u
#define MADT_ENABLED 1u
#define MADT_IOAPIC 1
#define MADT_WAKEUP 0x10

/* WBINVD works; no sleep button; the clock wakes nothing. */
#define FADT_FLAGS (1u | 1u << 5 | 1u << 6)

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

struct acpi_rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
} __attribute__((packed));

struct acpi_fadt {
	struct acpi_header header;
	uint32_t facs, dsdt;
	uint8_t model, reserved;
	uint16_t sci;
	uint32_t smi_command;
	uint8_t enable, disable, s4, reserved2;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, timer;
	uint32_t gpe0, gpe1;
	uint8_t pm1_event_size, pm1_control_size, pm2_control_size, timer_size;
	uint8_t gpe0_size, gpe1_size, gpe1_base, reserved3;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day, month, century, reserved4[3];
	uint32_t flags;
} __attribute__((packed));

struct acpi_madt {
	struct acpi_header header;
	uint32_t lapic, flags;
	struct {
		uint8_t type, length, id, reserved;
		uint32_t address, first;
	} __attribute__((packed)) ioapic;
	struct {
		uint8_t type, length;
		uint16_t version;
		uint32_t reserved;
		uint64_t mailbox;
	} __attribute__((packed)) wakeup;
	struct { uint8_t type, length, number, id; uint32_t flags; } vcpu[BACKEND_VCPUS_MAX];
} __attribute__((packed));

struct acpi_hpet {		/* IA-PC HPET specification, 3.2.4 */
	struct acpi_header header;
	uint32_t id;
	uint8_t space, bits, offset, reserved;	/* of the address: in memory */
	uint64_t address;
	uint8_t number;
	uint16_t least;			/* ticks; meaningless without interrupts */
	uint8_t protection;
} __attribute__((packed));

/* All tables, one after the other. */
struct acpi_tables {
	struct acpi_rsdp rsdp __attribute__((aligned(16)));
	struct {
		struct acpi_header header;
		uint32_t fadt, hpet, madt;
	} __attribute__((packed)) rsdt;
	struct acpi_fadt fadt;
	struct {
		char signature[4];
		uint32_t length, rest[14];
	} facs __attribute__((aligned(64)));
	struct {
		struct acpi_header header;
		uint8_t code[DSDT_CODE_BYTES];
	} __attribute__((packed)) dsdt;
	struct acpi_hpet hpet;
	struct acpi_madt madt;
};

static uint8_t acpi_checksum(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (size--)
		sum += *p++;
	return -sum;
}

static void acpi_head(struct acpi_header *header, const char *signature, size_t size)
{
	memcpy(header->signature, signature, 4);
	header->length = size;
	header->revision = 1;
	memcpy(header->oem, "PVIRT ", 6);
	memcpy(header->oem_table, "PREVIRT ", 8);
	header->oem_revision = header->creator_revision = 1;
	memcpy(header->creator, "PVRT", 4);
	header->checksum = 0;
	header->checksum = acpi_checksum(header, size);
}

_Static_assert(sizeof(struct acpi_fadt) == 116, "ACPI 1.0's");
_Static_assert(sizeof(struct acpi_rsdp) == 20, "ACPI 1.0's");
_Static_assert(sizeof(struct acpi_hpet) == 56, "as specified");
_Static_assert(sizeof(struct acpi_tables) <= 4096, "one page");

static void acpi_write_madt(struct acpi_madt *madt)
{
	unsigned n = backend_vcpus;

	madt->lapic = LAPIC_AT;
	madt->flags = MADT_8259;
	madt->ioapic.type = MADT_IOAPIC;
	madt->ioapic.length = sizeof(madt->ioapic);
	madt->ioapic.id = n;
	madt->ioapic.address = IOAPIC_AT;
	madt->wakeup.type = MADT_WAKEUP;
	madt->wakeup.length = sizeof(madt->wakeup);
	madt->wakeup.mailbox = MAILBOX_AT;
	for (unsigned i = 0; i < n; i++) {
		madt->vcpu[i].length = sizeof(madt->vcpu[i]);
		madt->vcpu[i].number = madt->vcpu[i].id = i;
		madt->vcpu[i].flags = MADT_ENABLED;
	}
	acpi_head(&madt->header, "APIC", offsetof(struct acpi_madt, vcpu[n]));
}

void board_write_tables(void *page, uint32_t address)
{
	struct acpi_tables *t = page;
	struct acpi_fadt *fadt = &t->fadt;

#define AT(member) (address + (uint32_t)offsetof(struct acpi_tables, member))
	memset(t, 0, sizeof(*t));
	dsdt_write(t->dsdt.code);
	acpi_head(&t->dsdt.header, "DSDT", sizeof(t->dsdt));
	memcpy(t->facs.signature, "FACS", 4);
	t->facs.length = sizeof(t->facs);
	fadt->facs = AT(facs);
	fadt->dsdt = AT(dsdt);
	fadt->sci = SCI_LINE;
	fadt->pm1a_event = ACPI_AT + ACPI_EVENT;
	fadt->pm1_event_size = 4;
	fadt->pm1a_control = ACPI_AT + ACPI_CONTROL;
	fadt->pm1_control_size = 2;
	fadt->timer = ACPI_AT + ACPI_TIMER;
	fadt->timer_size = 4;
	fadt->c2_latency = fadt->c3_latency = 0xffff;
	fadt->flags = FADT_FLAGS;
	acpi_head(&fadt->header, "FACP", sizeof(*fadt));
	t->rsdt.fadt = AT(fadt);
	t->hpet.id = HPET_ID;
	t->hpet.address = HPET_AT;
	acpi_head(&t->hpet.header, "HPET", sizeof(t->hpet));
	t->rsdt.hpet = AT(hpet);
	t->rsdt.madt = AT(madt);
	if (backend_vcpus > 1)
		acpi_write_madt(&t->madt);
	acpi_head(&t->rsdt.header, "RSDT", sizeof(t->rsdt) -
		  (backend_vcpus > 1 ? 0 : sizeof(t->rsdt.madt)));
	memcpy(t->rsdp.signature, "RSD PTR ", 8);
	memcpy(t->rsdp.oem, "PVIRT ", 6);
	t->rsdp.rsdt = AT(rsdt);
	t->rsdp.checksum = acpi_checksum(&t->rsdp, sizeof(t->rsdp));
#undef AT
}
