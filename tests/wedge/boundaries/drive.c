/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * drive GUEST WEDGE CODE LOGS [WORD|--some]: steps the guest boundaries natively and on Xen, and
 * interrupts it on Xen, in earnest, before every instruction from each site to
 * the guest again where events may come: bytes arrive at the serial port, and
 * Xen calls the wedge at just that place. Whatever the try leaves (registers,
 * flags, stacks) must be what it leaves undisturbed on the bare machine, and the
 * addresses the guest is shown must be those of instructions it runs there.
 * CODE: all instructions of the routines for flags (addresses in a file), of which
 * the most part must have been interrupted.
 */
#include "remote.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HIGH 0xffffffff80000000ul	/* of high.inc */
#define GUEST_START 0xffffffff81000000ul
#define GUEST_END 0xffffffff81400000ul
#define USER_START 0x8000000000ul
#define USER_END 0x8000001000ul
#define XEN_START 0xffff800000000000ul
#define XEN_END 0xffff880000000000ul
#define UPCALL_MASK 0xffffffffffff2001ul	/* layout.h, xen/xen.h */
#define TF 0x100ul

#define TRIES_MOST 512
#define PLACES_MOST 4096
#define STEPS_MOST 64		/* as many as the guest keeps */
#define AFTER 22		/* words in `after' */
#define RUNAWAY 100000
#define LEAPT 10000		/* steps, as many as more than MANY_STEPS */
#define KNOWN_MOST 8192
#define ATTEMPTS 10
#define INTERRUPTIONS 1000	/* of one try, at its site: none goes on for ever */
#define MANY_STEPS 100		/* more: by a breakpoint */

struct try { uint64_t code, site, end, name; };

struct seen {			/* what a try has left */
	uint64_t after[AFTER];
	uint64_t steps[STEPS_MOST];
	uint32_t count;
};

static struct try tries[TRIES_MOST];
static char names[TRIES_MOST][64];
static unsigned try_count, failed, injected;
static struct seen native[TRIES_MOST];
static uint64_t places[PLACES_MOST];	/* where the try may be interrupted */
static unsigned place_steps[PLACES_MOST];	/* from the site */
static unsigned place_count;
static uint64_t known[KNOWN_MOST];	/* instructions of the routines for flags */
static uint8_t known_hit[KNOWN_MOST];
static unsigned known_count;
#define WAYS_IN 10
#define WAYS_BACK 5
static uint64_t ways_in[WAYS_IN], ways_back[WAYS_BACK];	/* of the wedge's C */
static struct { uint64_t tries, tries_end, current, stepping, ready, record, after, bytes,
	byte_at, steps, steps_at; } at;

struct symbol { const char *name; uint64_t *to; };

static void look_up(const char *file, const struct symbol *wanted, unsigned count, uint64_t base)
{
	char line[256], name[128];
	unsigned found = 0;
	uint64_t value;
	FILE *f;

	snprintf(line, sizeof(line), "nm '%s'", file);
	f = popen(line, "r");
	while (f && fgets(line, sizeof(line), f))
		for (unsigned i = 0; i < count; i++)
			if (sscanf(line, "%lx %*c %127s", &value, name) == 2 &&
			    !strcmp(name, wanted[i].name)) {
				*wanted[i].to = base + value;
				found++;
			}
	if (!f || pclose(f) || found != count)
		exit((printf("BAD symbols of %s\n", file), 1));
}

static void look_up_all(const char *guest, const char *wedge)
{
	static const struct symbol guests[] = {
		{ "tries", &at.tries }, { "tries_end", &at.tries_end },
		{ "current", &at.current }, { "stepping", &at.stepping },
		{ "ready", &at.ready }, { "record", &at.record }, { "after", &at.after },
		{ "bytes", &at.bytes }, { "byte_at", &at.byte_at }, { "steps", &at.steps },
		{ "steps_at", &at.steps_at },
	};
	static const struct symbol wedges[] = {
		{ "xenpv_resume_open", &ways_back[0] }, { "xenpv_resume_masked", &ways_back[1] },
		{ "xenpv_resume_frame", &ways_back[2] },
		{ "xenpv_call_entered", &ways_in[0] }, { "xenpv_jump_entered", &ways_in[1] },
		{ "xenpv_trap_entered", &ways_in[2] },
		{ "fastpath_call_invlpg", &ways_in[3] }, { "fastpath_call_cr3", &ways_in[4] },
		{ "fastpath_call_sreg", &ways_in[5] }, { "fastpath_call_wrmsr", &ways_in[6] },
		{ "fastpath_call_selectors", &ways_in[7] }, { "call_done", &ways_back[3] },
		{ "fastpath_call_io", &ways_in[8] }, { "call_io_done", &ways_back[4] },
		{ "xenpv_behind_entered", &ways_in[9] },
	};

	look_up(guest, guests, sizeof(guests) / sizeof(guests[0]), HIGH);
	look_up(wedge, wedges, sizeof(wedges) / sizeof(wedges[0]), 0);
}

static void bad(unsigned t, uint64_t place, const char *what, uint64_t value)
{
	printf("BAD %s, at %lx: %s %lx\n", names[t], place, what, value);
	failed++;
}

static int in_user(uint64_t va)
{
	return va >= USER_START && va < USER_END;
}

static int in_guest(uint64_t va)
{
	return (va >= GUEST_START && va < GUEST_END) || in_user(va);
}

static int in_xen(uint64_t va)
{
	return va >= XEN_START && va < XEN_END;
}

/* The next instruction; some steps of QEMU's only ask the APIC. */
static uint64_t step(struct remote *r, int open)
{
	uint64_t from = remote_rip(r), rip = from;

	for (int i = 0; i < ATTEMPTS && rip == from; i++) {
		remote_step(r, open);
		rip = remote_rip(r);
	}
	return rip;
}

/* From `ready' until the site, where there is a breakpoint: QEMU translates
   everything anew when one is set or taken away. */
static void begin(struct remote *r, unsigned t, uint32_t stepping)
{
	remote_write32(r, at.current, t);
	remote_write32(r, at.stepping, stepping);
	remote_write32(r, at.bytes, 0);
	remote_write32(r, at.steps, 0);
	step(r, 0);
	remote_run(r);
	if (remote_rip(r) != tries[t].site)
		exit((printf("BAD %s: its site is not reached\n", names[t]), 1));
}

/* From anywhere to `ready'. */
static void end(struct remote *r, unsigned t, struct seen *seen)
{
	/* The handler's return leads to the site, too. */
	for (int i = 0; i < INTERRUPTIONS && remote_rip(r) != at.ready; i++) {
		if (remote_rip(r) == tries[t].site)
			step(r, 0);
		remote_run(r);
	}
	if (remote_rip(r) != at.ready)
		exit((printf("BAD the guest does not come back\n"), 1));
	remote_read(r, at.after, seen->after, sizeof(seen->after));
	remote_read(r, at.steps, &seen->count, sizeof(seen->count));
	remote_read(r, at.steps_at, seen->steps, sizeof(seen->steps));
}

/* TF is the one who steps's; what the processor makes of cr4 and the like may
   differ between the machines, but not on one. */
static void compare(unsigned t, uint64_t place, const struct seen *a, const struct seen *b)
{
	for (unsigned i = 0; i < AFTER; i++)
		if ((a->after[i] ^ b->after[i]) & ~TF) {
			bad(t, place, "another word in number", i);
			printf("  %lx, undisturbed %lx\n", a->after[i], b->after[i]);
		}
}

/* The addresses of single steps: each must be one of the bare machine's, in
   that order (a fused pair is one step on Xen, and QEMU takes none behind sti). */
static void compare_steps(unsigned t, const struct seen *a, const struct seen *b)
{
	unsigned j = 0;

	for (unsigned i = 0; i < a->count; i++) {
		if (a->steps[i] == tries[t].end)
			continue;
		while (j < b->count && b->steps[j] != a->steps[i])
			j++;
		if (j == b->count && b->count < STEPS_MOST) {
			bad(t, tries[t].site, "a step that ends at", a->steps[i]);
			return;
		}
	}
	if (!a->count && b->count)
		bad(t, tries[t].site, "steps:", a->count);
}

static void add_place(uint64_t rip, unsigned steps)
{
	for (unsigned i = 0; i < place_count; i++)
		if (places[i] == rip)
			return;
	if (place_count == PLACES_MOST)
		return;
	place_steps[place_count] = steps;
	places[place_count++] = rip;
}

static void set_ways_back(struct remote *r, int on)
{
	for (unsigned i = 0; i < WAYS_BACK; i++)
		remote_break(r, ways_back[i], on);
}

static int is_way_in(uint64_t rip)
{
	for (unsigned i = 0; i < WAYS_IN; i++)
		if (ways_in[i] == rip)
			return 1;
	return 0;
}

/* One run, an instruction at a time, to see where events may come. */
static void trace(struct remote *r, unsigned t)
{
	uint64_t rip = tries[t].site;
	unsigned steps = 0;
	uint8_t mask = 0;

	place_count = 0;
	set_ways_back(r, 1);
	while (rip != at.record) {
		mask = 0;
		if (!in_xen(rip) && !in_user(rip))	/* it is not mapped there */
			remote_read(r, UPCALL_MASK, &mask, 1);
		if (!in_xen(rip) && !mask)
			add_place(rip, steps);
		rip = step(r, 0);
		steps++;
		if (is_way_in(rip)) {		/* no event comes in C */
			remote_run(r);
			rip = remote_rip(r);
			steps = LEAPT;
		}
		if (steps > RUNAWAY)
			exit((printf("BAD %s: it does not end\n", names[t]), 1));
	}
	set_ways_back(r, 0);
}

/* Stop at @place of the try, and have an interrupt wait there. */
static int reach(struct remote *r, unsigned t, uint64_t place, unsigned steps)
{
	struct seen ignored;

	for (int i = 0; i < ATTEMPTS; i++) {
		begin(r, t, 0);
		if (steps > MANY_STEPS) {
			remote_break(r, place, 1);
			do {		/* the site may be run again */
				step(r, 0);
				remote_run(r);
			} while (remote_rip(r) == tries[t].site);
			remote_break(r, place, 0);
		}
		for (unsigned n = 0; n < steps && steps <= MANY_STEPS; n++)
			step(r, 0);
		if (remote_rip(r) == place && !remote_key(r))
			return 0;
		if (i < ATTEMPTS - 1)
			end(r, t, &ignored);
	}
	bad(t, place, "not reached, or no interrupt, but at", remote_rip(r));
	return -1;
}

/* An interrupt right before @place. */
static void inject(struct remote *r, unsigned t, uint64_t place, unsigned steps,
		   const struct seen *clean)
{
	struct seen seen;
	uint64_t rip;
	uint32_t bytes;

	if (reach(r, t, place, steps)) {
		end(r, t, &seen);
		return;
	}
	rip = step(r, 1);
	if (!in_xen(rip))
		bad(t, place, "not interrupted there, but at", rip);
	injected++;
	end(r, t, &seen);
	compare(t, place, &seen, clean);
	remote_read(r, at.bytes, &bytes, sizeof(bytes));
	remote_read(r, at.byte_at, &rip, sizeof(rip));
	if (!bytes)
		bad(t, place, "interrupts:", bytes);
	else if (!in_guest(rip) || (rip > tries[t].site && rip < tries[t].end &&
				    memcmp(names[t], "swapgs", 6)))
		bad(t, place, "the guest is shown", rip);
	for (unsigned i = 0; i < known_count; i++)
		known_hit[i] |= known[i] == place;
}

static void load_tries(struct remote *r)
{
	remote_break(r, at.ready, 1);
	remote_run(r);
	try_count = (at.tries_end - at.tries) / sizeof(tries[0]);
	if (try_count > TRIES_MOST)
		exit((printf("BAD too many tries\n"), 1));
	for (unsigned t = 0; t < try_count; t++) {
		remote_read(r, at.tries + t * sizeof(tries[0]), &tries[t], sizeof(tries[0]));
		remote_read(r, HIGH + tries[t].name, names[t], sizeof(names[t]));
		names[t][sizeof(names[t]) - 1] = '\0';
		tries[t].site += HIGH;
		tries[t].end += HIGH;
	}
}

static void finish(struct remote *r)
{
	int status;

	remote_break(r, at.ready, 0);
	remote_write32(r, at.current, -1);
	status = remote_end(r);
	if (status)
		exit((printf("BAD previrt run has ended with status %d\n", status), 1));
}

static void run_native(const char *guest, const char *log)
{
	struct remote r;

	remote_start(&r, "native", guest, log);
	load_tries(&r);
	for (unsigned t = 0; t < try_count; t++) {
		struct seen stepped;

		remote_break(&r, tries[t].site, 1);
		begin(&r, t, 0);
		end(&r, t, &native[t]);
		begin(&r, t, TF);
		end(&r, t, &stepped);
		compare(t, 0, &stepped, &native[t]);
		memcpy(native[t].steps, stepped.steps, sizeof(stepped.steps));
		native[t].count = stepped.count;
		remote_break(&r, tries[t].site, 0);
	}
	finish(&r);
}

/* With --some: one register stands for all. */
static int is_another_register(const char *name)
{
	for (const char *p = strchr(name, ' '); p; p = strchr(p + 1, ' '))
		if (!strncmp(p, " cx", 3) || (p[1] == 'r' && p[2] != 'a'))
			return 1;
	return 0;
}

static int is_left_out(const char *name, const char *only)
{
	if (only && !strcmp(only, "--some"))
		return is_another_register(name);
	return only && !strstr(name, only);
}

static void run_xen(const char *guest, const char *log, const char *only)
{
	struct remote r;

	remote_start(&r, "xen", guest, log);
	load_tries(&r);
	for (unsigned t = 0; t < try_count; t++) {
		struct seen clean, stepped;

		if (is_left_out(names[t], only))
			continue;
		remote_break(&r, tries[t].site, 1);
		begin(&r, t, 0);		/* what is learned comes first */
		end(&r, t, &clean);
		begin(&r, t, 0);
		trace(&r, t);
		end(&r, t, &clean);
		compare(t, 0, &clean, &native[t]);
		for (unsigned i = 0; i < place_count; i++)
			inject(&r, t, places[i], place_steps[i], &clean);
		begin(&r, t, TF);
		end(&r, t, &stepped);
		compare(t, 1, &stepped, &clean);
		compare_steps(t, &stepped, &native[t]);
		remote_break(&r, tries[t].site, 0);
	}
	finish(&r);
}

static void load_known(const char *name)
{
	FILE *f = fopen(name, "r");

	while (f && known_count < KNOWN_MOST && fscanf(f, "%lx", &known[known_count]) == 1)
		known_count++;
	if (!f || !known_count)
		exit((printf("BAD no addresses in %s\n", name), 1));
	fclose(f);
}

int main(int argc, char **argv)
{
	char log[256];
	unsigned hit = 0;

	if (argc < 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	look_up_all(argv[1], argv[2]);
	load_known(argv[3]);
	snprintf(log, sizeof(log), "%s/native", argv[4]);
	run_native(argv[1], log);
	snprintf(log, sizeof(log), "%s/xen", argv[4]);
	run_xen(argv[1], log, argv[5]);
	for (unsigned i = 0; i < known_count; i++)
		hit += known_hit[i];
	printf("boundaries: %u kinds of sites, %u interruptions, at %u of %u instructions of "
	       "routines for flags (at the others they are masked)\n", try_count, injected, hit, known_count);
	/* Some half of it runs with events masked, or when one is pending. */
	return failed != 0 || (!argv[5] && hit < known_count * 6 / 10);
}
