/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The console of a domain that is not the first (xen/io/console.h), and what the
 * toolstack asks of it (xen/io/xs_wire.h; node control/shutdown below the domain's
 * own): rings in pages that another domain reads and writes.
 */
#include "domu.h"
#include "../../board/board.h"
#include "../../wedge/print.h"
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <string.h>

#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define STORE(x, value) __atomic_store_n(&(x), value, __ATOMIC_SEQ_CST)

#define WAIT_ONCE 1000000u	/* ns */
#define WAITS 1000u		/* then nobody seems to read the console */

#define SHUTDOWN_NODE "control/shutdown"
#define VALUE_MOST 31u		/* characters of a request */

static struct xencons_interface *console;
static struct xenstore_domain_interface *store;
static int console_deaf;
static int start_again;		/* the power-off that comes is half a restart */

/* The domain builder maps both pages, with all it has made. */
static void *domu_page(uint64_t mfn)
{
	return (void *)(WEDGE_BOOT_BASE + ((uint64_t)machine_to_phys_mapping[mfn] << 12));
}

static void domu_tell(evtchn_port_t port)
{
	struct evtchn_send send = { .port = port };

	xenpv_call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&send, 0, 0);
}

void xenpv_domu_init(void)
{
	console = domu_page(xenpv_start_info->console.domU.mfn);
	store = domu_page(xenpv_start_info->store_mfn);
}

static uint32_t console_used(void)
{
	return console->out_prod - LOAD(console->out_cons);
}

/* Until no more than @most bytes wait; not for ever, for a serial port does not
   wait for somebody at its other end either. */
static void console_wait(uint32_t most)
{
	struct sched_poll poll = { .nr_ports = 0 };

	for (unsigned n = 0; n < WAITS && !console_deaf && console_used() > most; n++) {
		poll.timeout = backend_time() + WAIT_ONCE;
		xenpv_call(__HYPERVISOR_sched_op, SCHEDOP_poll, (uint64_t)&poll, 0, 0);
	}
	console_deaf = console_used() > most;
}

void xenpv_domu_console_write(const char *text, size_t length)
{
	while (length--) {
		if (console_used() == sizeof(console->out)) {
			domu_tell(xenpv_start_info->console.domU.evtchn);
			console_wait(sizeof(console->out) - 1);
			if (console_deaf)
				return;
		}
		console->out[MASK_XENCONS_IDX(console->out_prod, console->out)] = *text++;
		STORE(console->out_prod, console->out_prod + 1);
	}
	domu_tell(xenpv_start_info->console.domU.evtchn);
}

size_t xenpv_domu_console_read(char *text, size_t size)
{
	uint32_t from = console->in_cons, to = LOAD(console->in_prod);
	size_t n = 0;

	while (n < size && from != to)
		text[n++] = console->in[MASK_XENCONS_IDX(from++, console->in)];
	if (n) {
		STORE(console->in_cons, from);
		domu_tell(xenpv_start_info->console.domU.evtchn);
	}
	return n;
}

/* @size bytes: strings with their ends, as the request wants them. Requests are
   few and short, and wait for each other: there is room. */
static void store_ask(uint32_t type, const char *text, uint32_t size)
{
	struct xsd_sockmsg header = { .type = type, .len = size };
	uint32_t at = store->req_prod;

	for (uint32_t i = 0; i < sizeof(header); i++)
		store->req[MASK_XENSTORE_IDX(at++)] = ((const char *)&header)[i];
	for (uint32_t i = 0; i < size; i++)
		store->req[MASK_XENSTORE_IDX(at++)] = text[i];
	STORE(store->req_prod, at);
	domu_tell(xenpv_start_info->store_evtchn);
}

/*
 * The machine's power button is all there is to press; who wants a restart presses
 * it again when the power is off. The empty value says that it was seen.
 */
static void store_request(const char *value)
{
	int restart = !strcmp(value, "reboot");

	if (!*value)
		return;
	store_ask(XS_WRITE, SHUTDOWN_NODE, sizeof(SHUTDOWN_NODE));
	if (!restart && strcmp(value, "poweroff") && strcmp(value, "halt")) {
		wedge_print("previrt: request \"%s\": not known\n", value);
		return;
	}
	wedge_print("previrt: request \"%s\": the power button\n", value);
	start_again = restart;
	board_power_button();
}

static void store_answer(const struct xsd_sockmsg *header, const char *value)
{
	if (header->type == XS_WATCH_EVENT)
		store_ask(XS_READ, SHUTDOWN_NODE, sizeof(SHUTDOWN_NODE));
	else if (header->type == XS_READ)
		store_request(value);
}

void xenpv_domu_requests_init(void)
{
	static const char watch[] = SHUTDOWN_NODE "\0" "shutdown";

	store_ask(XS_WATCH, watch, sizeof(watch));
}

void xenpv_domu_requests_run(void)
{
	static struct { struct xsd_sockmsg header; char value[VALUE_MOST + 1]; } answer;
	static uint32_t have;
	uint32_t from = store->rsp_cons, to = LOAD(store->rsp_prod);

	while (from != to) {
		char c = store->rsp[MASK_XENSTORE_IDX(from++)];

		if (have < sizeof(answer) - 1)
			((char *)&answer)[have] = c;
		have++;
		if (have < sizeof(answer.header) ||
		    have < sizeof(answer.header) + answer.header.len)
			continue;
		store_answer(&answer.header, answer.value);
		memset(&answer, 0, sizeof(answer));
		have = 0;
	}
	STORE(store->rsp_cons, from);
	domu_tell(xenpv_start_info->store_evtchn);
}

unsigned xenpv_domu_ending(unsigned reason)
{
	console_wait(0);
	return reason == SHUTDOWN_poweroff && start_again ? SHUTDOWN_reboot : reason;
}
