/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "run_disk.h"
#include "diag.h"
#include "run.h"
#include "../wedge/bundle.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define MEMORY_MOST 512		/* MiB of disks in memory */

static const struct run_model disk_models[] = {
	{ "virtio", BUNDLE_MODEL_VIRTIO, "if=virtio" }, { "ata", BUNDLE_MODEL_ATA, "if=ide" },
	{ "ahci", BUNDLE_MODEL_AHCI, "if=none" },
};

static const struct { const char *word; enum run_access access; } disk_words[] = {
	{ "copy", RUN_DISK_COPY }, { "ro", RUN_DISK_READ },
};

/* A word of the user's. False: it is none, but belongs to the file's name. */
static bool disk_word(struct run_disk *disk, const char *word, bool *good)
{
	static const char model[] = "model=";

	for (size_t i = 0; i < ARRAY_SIZE(disk_words); i++) {
		if (strcmp(word, disk_words[i].word))
			continue;
		disk->access = disk_words[i].access;
		return true;
	}
	if (strncmp(word, model, strlen(model)))
		return false;
	word += strlen(model);
	for (size_t i = 0; i < ARRAY_SIZE(disk_models); i++) {
		if (strcmp(word, disk_models[i].word))
			continue;
		disk->model = &disk_models[i];
		return true;
	}
	diag_error(DIAG_RUN_DISK, NULL, "--disk: model=%s: it is virtio, ata or ahci", word);
	*good = false;
	return true;
}

/* Can it be opened as it is to be used, and has it whole sectors? */
static bool disk_is_good(const struct run_disk *disk)
{
	int fd = open(disk->path, (disk->access == RUN_DISK_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	struct stat status;
	bool good = false;

	if (fd < 0 || fstat(fd, &status)) {
		diag_error(DIAG_OPEN, disk->path, "%s", strerror(errno));
	} else if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
		diag_error(DIAG_RUN_DISK, disk->path, "no file that can be a disk");
	} else if (S_ISREG(status.st_mode) && (!status.st_size || status.st_size % SECTOR)) {
		diag_error(DIAG_RUN_DISK, disk->path, "%lld bytes are no whole sectors of %d bytes",
			   (long long)status.st_size, SECTOR);
	} else {
		good = true;
	}
	if (fd >= 0)
		close(fd);
	return good;
}

bool run_disk_add(struct run_disks *disks, const char *value)
{
	struct run_disk *disk = &disks->disk[disks->n];
	bool good = true;
	char *comma;

	if (disks->n == RUN_DISKS) {
		diag_error(DIAG_RUN_DISK, value, "there are %d disks already, and no room for more",
			   RUN_DISKS);
		return false;
	}
	*disk = (struct run_disk){ .path = util_copy(value), .access = RUN_DISK_WRITE,
				    .model = &disk_models[0] };
	while ((comma = strrchr(disk->path, ',')) && disk_word(disk, comma + 1, &good))
		*comma = '\0';
	disks->n++;
	if (good && disk->model != &disk_models[0] && disk->access == RUN_DISK_READ) {
		diag_error(DIAG_RUN_DISK, disk->path, "a disk of ATA's cannot be read-only: say copy, "
			   "or model=virtio");
		return false;
	}
	return good && disk_is_good(disk);
}

void run_disks_free(struct run_disks *disks)
{
	while (disks->n)
		free(disks->disk[--disks->n].path);
}

static bool disk_is_copy(const struct run_disk *disk)
{
	struct stat status;

	if (disk->access == RUN_DISK_WRITE)
		diag_error(DIAG_RUN_DISK, disk->path, "nothing that is written reaches the file on "
			   "this machine: say %s,copy (it is lost at the end) or %s,ro",
			   disk->path, disk->path);
	else if (stat(disk->path, &status) || !S_ISREG(status.st_mode))
		diag_error(DIAG_RUN_DISK, disk->path, "a disk of this machine is in memory: a file is "
			   "needed");
	else
		return true;
	return false;
}

uint64_t run_disks_mib(const struct run_disks *disks)
{
	uint64_t bytes = 0;
	struct stat status;

	for (unsigned i = 0; i < disks->n; i++)
		if (!stat(disks->disk[i].path, &status))
			bytes += (uint64_t)status.st_size;
	return bytes >> 20;
}

bool run_disks_are_copies(const struct run_disks *disks)
{
	for (unsigned i = 0; i < disks->n; i++)
		if (!disk_is_copy(&disks->disk[i]))
			return false;
	if (run_disks_mib(disks) <= MEMORY_MOST)
		return true;
	diag_error(DIAG_RUN_DISK, disks->disk[0].path, "disks of this machine are in memory: together "
		   "at most %d MiB", MEMORY_MOST);
	return false;
}

char *run_disk_name(const struct run_disk *disk, unsigned n)
{
	return util_printf("disk%u-%s", n, disk->access == RUN_DISK_READ ? "ro" : "copy");
}

/*
 * Bytes of the file that QEMU locks for writing to it, and against others that do
 * (block/file-posix.c, RAW_LOCK_PERM_BASE and RAW_LOCK_SHARED_BASE).
 */
#define LOCK_WRITES 101
#define LOCK_NO_WRITER 201

static struct flock disk_lock(short type, off_t start, off_t length)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start,
			       .l_len = length };
}

/* One that writes has the file alone; others share it among themselves. */
static bool disk_take(int fd, enum run_access access)
{
	struct flock all = disk_lock(F_WRLCK, 0, 0), no_writer = disk_lock(F_RDLCK, LOCK_NO_WRITER, 1);
	struct flock writer = disk_lock(F_WRLCK, LOCK_WRITES, 1);

	if (access == RUN_DISK_WRITE)
		return !fcntl(fd, F_OFD_SETLK, &all);
	return !fcntl(fd, F_OFD_SETLK, &no_writer) &&
	       (fcntl(fd, F_OFD_GETLK, &writer) || writer.l_type == F_UNLCK);
}

int run_disk_open(const struct run_disk *disk)
{
	int fd = open(disk->path, (disk->access == RUN_DISK_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	if (fd < 0) {
		diag_error(DIAG_OPEN, disk->path, "%s", strerror(errno));
	} else if (!disk_take(fd, disk->access)) {
		diag_error(DIAG_RUN_DISK, disk->path, "another machine uses the file");
		close(fd);
		fd = -1;
	}
	return fd;
}

char *run_disk_drive(const struct run_disk *disk, unsigned n)
{
	char *name = run_qemu_name(disk->path);
	char *drive = util_printf("%s,id=disk%u,format=raw,file=%s%s", disk->model->drive, n, name,
				  disk->access == RUN_DISK_READ ? ",readonly=on" :
				  disk->access == RUN_DISK_COPY ? ",snapshot=on" : "");

	free(name);
	return drive;
}

char *run_disk_device(const struct run_disk *disk, unsigned n)
{
	if (disk->model->letter != BUNDLE_MODEL_AHCI)
		return NULL;
	return util_printf("ide-hd,drive=disk%u,bus=ahci.%u", n, n);
}
