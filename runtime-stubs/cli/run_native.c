/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The bare machine: the loader (runtime-stubs/loader) and the guest's kernel. */
#include "diag.h"
#include "options.h"
#include "run.h"
#include "run_gdb.h"
#include <stdlib.h>

static void native_add_disks(const struct run *run, struct run_words *words)
{
	bool controller = false;

	for (unsigned i = 0; i < run->disks.n; i++) {
		char *drive = run_disk_drive(&run->disks.disk[i], i);
		char *device = run_disk_device(&run->disks.disk[i], i);

		run_word(words, "-drive");
		run_word(words, drive);
		if (device && !controller) {
			run_word(words, "-device");
			run_word(words, "ahci,id=ahci");
			controller = true;
		}
		if (device) {
			run_word(words, "-device");
			run_word(words, device);
		}
		free(drive);
		free(device);
	}
}

static void native_add_net(const struct run *run, struct run_words *words)
{
	char *netdev = run_net_netdev(&run->net);
	char *device = util_printf("%s,netdev=net0", run->net.model->device);

	run_word(words, "-netdev");
	run_word(words, netdev);
	run_word(words, "-device");
	run_word(words, device);
	free(device);
	free(netdev);
}

static void native_add_share(const struct run *run, struct run_words *words)
{
	char *fsdev = run_share_fsdev(&run->share), *device = run_share_device(&run->share);

	run_word(words, "-fsdev");
	run_word(words, fsdev);
	run_word(words, "-device");
	run_word(words, device);
	free(fsdev);
	free(device);
}

static void native_add_devices(const struct run *run, struct run_words *words)
{
	static const char *const console[] = { "virtio-serial-pci", "virtconsole,chardev=c" };

	for (unsigned i = 0; run->console && i < ARRAY_SIZE(console); i++) {
		run_word(words, "-device");
		run_word(words, console[i]);
	}
	if (run->rng) {
		run_word(words, "-device");
		run_word(words, "virtio-rng-pci");
	}
	if (run->balloon) {
		run_word(words, "-device");
		run_word(words, "virtio-balloon-pci,free-page-reporting=on");
	}
}

static bool native_words(const struct run *run, struct run_words *words)
{
	char *loader = path_wedge("native.elf");
	char *bundle, *text;
	size_t size;

	if (!loader) {
		diag_error(DIAG_RUN_WEDGE, NULL, "native.elf is missing");
		return false;
	}
	bundle = run_bundle(run, false, &size);
	if (bundle) {
		text = util_printf("%llu", (unsigned long long)run->memory);
		run_word(words, "-m");
		run_word(words, text);
		run_word(words, "-kernel");
		run_word(words, loader);
		run_word(words, "-initrd");
		run_word(words, bundle);
		native_add_disks(run, words);
		if (run->net.given)
			native_add_net(run, words);
		if (run->share.path)
			native_add_share(run, words);
		if (run->gdb && !run_gdb_qemu(run, words)) {
			free(bundle);
			bundle = NULL;
		}
		if (run->gdb_port.given)
			run_gdb_port_qemu(&run->gdb_port, words);
		native_add_devices(run, words);
		free(text);
	}
	free(loader);
	free(bundle);
	return bundle != NULL;
}

const struct run_machine run_native = {
	"native", "the bare machine", native_words, RUN_RESTART, false, NULL,
};
