/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Xen PV: Xen, the wedge as its first domain's kernel, the guest as its module.
 * Xen is a product here, which is found and started.
 */
#include "diag.h"
#include "doctor.h"
#include "input.h"
#include "options.h"
#include "run.h"
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XEN_IMAGES "/boot/xen-*-amd64.gz"
#define XEN_PACKAGE "xen-hypervisor-4.17-amd64"
/* MiB for Xen itself, and what the wedge keeps of its domain's memory; more with
   more memory, see WEDGE_POOL_SHARE in its layout. */
#define XEN_MEMORY 96
#define WEDGE_MEMORY 20
#define WEDGE_SHARE_FROM 128	/* MiB */
#define WEDGE_SHARE_MOST 1024
/* KiB for each MiB of the guest's: of the wedge (a frame's entry, its owner and its
   place in Xen's list), and of Xen (what it knows of a frame). */
#define WEDGE_PER_MIB 8
#define XEN_PER_MIB 12

/* The hypervisor: $PREVIRT_XEN, or the last (by version) of Debian's; NULL: none. */
static char *xen_find(const struct run *run)
{
	char *path = NULL;
	glob_t found;
	size_t i;

	if (run->below)
		return util_copy(run->below);
	if (getenv("PREVIRT_XEN"))
		return util_copy(getenv("PREVIRT_XEN"));
	if (!glob(XEN_IMAGES, 0, NULL, &found))
		for (i = 0; i < found.gl_pathc; i++)
			if (!path || strverscmp(found.gl_pathv[i], path) > 0) {
				free(path);
				path = util_copy(found.gl_pathv[i]);
			}
	globfree(&found);
	return path;
}

/* Multiboot Specification, 3.1: the header is among the first 8192 bytes. */
static bool xen_is_multiboot(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 12 <= size && i + 12 <= 8192; i += 4)
		if (get32(data + i) == 0x1badb002 &&
		    !(uint32_t)(get32(data + i) + get32(data + i + 4) + get32(data + i + 8)))
			return true;
	return false;
}

/* Unpacked, as QEMU wants it; a memory file. */
static char *xen_image(const struct run *run, size_t *size)
{
	char *path = xen_find(run), *name = NULL;
	uint8_t *data, *plain;

	if (!path) {
		diag_error(DIAG_RUN_HYPERVISOR, NULL, "no " XEN_IMAGES "; install Debian's "
			   XEN_PACKAGE ", or name one with --hypervisor");
		return NULL;
	}
	data = util_read_file(path, size);
	if (!data) {
		diag_error(DIAG_RUN_HYPERVISOR, path, "%s; install Debian's " XEN_PACKAGE,
			   strerror(errno));
	} else if (unpack_known(data, *size)) {
		plain = unpack(path, data, *size, size);
		free(data);
		data = plain;
	}
	if (data && !xen_is_multiboot(data, *size)) {
		diag_error(DIAG_RUN_HYPERVISOR, path, "no hypervisor: it has no multiboot header; "
			   "name Xen's image, such as " XEN_IMAGES);
		free(data);
		data = NULL;
	}
	free(path);
	if (data)
		name = run_memory_file("Xen", data, *size);
	free(data);
	return name;
}

static void xen_add(struct run_words *words, const struct run *run, const char *xen,
		    const char *wedge, const char *bundle, size_t size)
{
	uint64_t known = run->memory + run_disks_mib(&run->disks);
	uint64_t shared = known < WEDGE_SHARE_FROM ? WEDGE_SHARE_FROM :
			  known > WEDGE_SHARE_MOST ? WEDGE_SHARE_MOST : known;
	uint64_t domain = run->memory + WEDGE_MEMORY + (shared - WEDGE_SHARE_FROM) / 15 +
			  known * WEDGE_PER_MIB / 1024 + (size >> 20) + 1;
	char *memory = util_printf("%llu", (unsigned long long)
				   (domain + XEN_MEMORY + domain * XEN_PER_MIB / 1024 + (size >> 20)));
	/* QEMU's models with MONITOR promise MWAIT with ECX 1, its emulation raises #GP
	   then (7.2): Xen, which idles so on AMD's, would panic. Without cpuidle it halts. */
	char *line = util_printf("console=com1 com1=115200,8n1 dom0_mem=%lluM "
				 "dom0_max_vcpus=%llu loglvl=warning guest_loglvl=warning%s",
				 (unsigned long long)domain, (unsigned long long)run->cpus,
				 run->cpu_given ? " cpuidle=0" : "");
	char *modules = util_printf("%s,%s", wedge, bundle);
	const char *all[] = { "-m", memory, "-kernel", xen, "-append", line, "-initrd", modules };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		run_word(words, all[i]);
	free(memory);
	free(line);
	free(modules);
}

static bool xen_words(const struct run *run, struct run_words *words)
{
	char *wedge = path_wedge("xenpv.elf"), *xen = NULL, *bundle = NULL, *copy = NULL;
	uint8_t *data = NULL;
	size_t size;

	if (!wedge)
		diag_error(DIAG_RUN_WEDGE, NULL, "xenpv.elf is missing");
	else if (run->net.given)
		diag_error(DIAG_RUN_NET, NULL, "--net: there is no network in the first domain so "
			   "far; take --on=process or --on=native");
	else if (run->share.path)
		diag_error(DIAG_RUN_SHARE, NULL, "--share: no folders are shared with the first "
			   "domain so far; take --on=process or --on=native");
	else if (run->balloon)
		diag_error(DIAG_USAGE, NULL, "run: --balloon: the first domain keeps its memory so "
			   "far; take --on=process or --on=native");
	else if (run->gdb || run->gdb_port.given)
		diag_error(DIAG_USAGE, NULL, "run: --gdb: not with --on=xen, where gdb would see the "
			   "whole machine; take --on=process or --on=native");
	if (!wedge || run->net.given || run->share.path || run->balloon || run->gdb || run->gdb_port.given)
		return false;
	/* QEMU cuts at blanks and commas, which a path may have. */
	data = util_read_file(wedge, &size);
	if (data)
		copy = run_memory_file("the wedge", data, size);
	if (copy)
		xen = xen_image(run, &size);
	if (xen)
		bundle = run_bundle(run, true, &size);
	if (bundle)
		xen_add(words, run, xen, copy, bundle, size);
	free(data);
	free(copy);
	free(wedge);
	free(xen);
	free(bundle);
	return bundle != NULL;
}

static bool xen_look(const struct run *run, char **said)
{
	char *path = xen_find(run);
	bool good = path && !access(path, R_OK);

	if (good)
		*said = path;
	else
		*said = path ? util_printf("%s: %s", path, strerror(errno)) :
			util_copy("no " XEN_IMAGES);
	if (!good)
		free(path);
	return good;
}

const struct doctor_check doctor_hypervisor = {
	"hypervisor", DIAG_RUN_HYPERVISOR,
	"install Debian's " XEN_PACKAGE ", or name an image with --hypervisor", xen_look,
};

const struct run_machine run_xen = {
	"xen", "Xen PV, in its first domain (disks are in memory: copy or ro)", xen_words,
	RUN_CRASHED, true, NULL,
};
