/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Counters by cause, with --counts only. For each processor: entries of the wedge by
 * cause, with the hypercalls made for them, and page faults by result. For all processors
 * together: the sites that entered the wedge most often.
 */
#include "wedge.h"
#include "print.h"
#include "../iface/end.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"

#define SITES 512u		/* places of the hash table, a power of two; further sites are lost */
#define SITES_SHOWN 20

static VCPU_LOCAL struct { uint64_t entries, hypercalls; } causes[CAUSES];
static VCPU_LOCAL unsigned cause_now;	/* its number + 1; 0: CAUSE_START */
static VCPU_LOCAL uint64_t cause_calls;
static VCPU_LOCAL uint64_t faults[FAULTS];
static struct { uint64_t address; uint32_t count, op; } sites[SITES];
static uint64_t sites_lost;

void wedge_count_cause(unsigned cause)
{
	uint64_t calls = backend_hypercalls();

	causes[cause_now ? cause_now - 1 : CAUSE_START].hypercalls += calls - cause_calls;
	cause_calls = calls;
	cause_now = cause + 1;
	causes[cause].entries++;
}

void wedge_count_fault(uint64_t address, uint32_t error, int user, enum mmu_result result)
{
	unsigned kind;

	if (result == MMU_REFLECTED)
		kind = user ? FAULT_REFLECTED_USER : FAULT_REFLECTED_KERNEL;
	else if (result == MMU_NOTHING)
		kind = FAULT_DEVICE;
	else if (address >> 63)
		kind = FAULT_UPPER;
	else if ((error & (PF_P | PF_W)) == (PF_P | PF_W))
		kind = FAULT_FIRST_WRITE;
	else
		kind = user ? FAULT_FILLED_USER : FAULT_FILLED_KERNEL;
	faults[kind]++;
}

void wedge_count_site(uint64_t address, unsigned op)
{
	unsigned at = address * 0x9e3779b97f4a7c15ull >> 55;

	for (unsigned i = 0; i < 16; i++, at++) {
		if (!sites[at % SITES].count) {
			sites[at % SITES].address = address;
			sites[at % SITES].op = op;
		}
		if (sites[at % SITES].address == address) {
			sites[at % SITES].count++;
			return;
		}
	}
	sites_lost++;
}

static void causes_print_sites(void)
{
	for (unsigned n = 0; n < SITES_SHOWN; n++) {
		unsigned most = 0;

		for (unsigned i = 1; i < SITES; i++)
			if (sites[i].count > sites[most].count)
				most = i;
		if (!sites[most].count)
			break;
		wedge_print("previrt: count site %016lx:%s executions %u\n", sites[most].address,
			    sites[most].op ? previrt_insns[sites[most].op].name : "device",
			    sites[most].count);
		sites[most].count = 0;
	}
	if (sites_lost)
		wedge_print("previrt: count site others executions %lu\n", sites_lost);
}

void wedge_print_causes(void)
{
	static const char *const names[] = {
		"start", "page-fault", "exception", "event", "syscall", "int", "device"
	};
	static const char *const fault_names[] = {
		"filled-user", "filled-kernel", "first-write", "upper", "reflected-user",
		"reflected-kernel", "device"
	};

	wedge_count_cause(CAUSE_START);
	for (unsigned i = 0; i < CAUSES; i++)
		if (wedge_counter_sum(&causes[i].entries) ||
		    wedge_counter_sum(&causes[i].hypercalls)) {
			wedge_print("previrt: count cause %s", i < PREVIRT_CLASSES ?
				    previrt_class_names[i] : names[i - PREVIRT_CLASSES]);
			wedge_print_counter("entries", &causes[i].entries);
			wedge_print_counter("hypercalls", &causes[i].hypercalls);
			wedge_print("\n");
		}
	for (unsigned i = 0; i < FAULTS; i++) {
		wedge_print("previrt: count fault %s", fault_names[i]);
		wedge_print_counter("number", &faults[i]);
		wedge_print("\n");
	}
	causes_print_sites();
}
