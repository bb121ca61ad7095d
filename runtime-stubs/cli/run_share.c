/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "run_share.h"
#include "diag.h"
#include "run.h"
#include "run_helper.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool share_is_folder(const char *path)
{
	struct stat status;

	if (stat(path, &status)) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
		return false;
	}
	if (!S_ISDIR(status.st_mode))
		diag_error(DIAG_RUN_SHARE, path, "no folder");
	return S_ISDIR(status.st_mode);
}

bool run_share_set(struct run_share *share, const char *value)
{
	static const char ro[] = ",ro";
	size_t length = strlen(value);
	char *colon;

	if (share->path) {
		diag_error(DIAG_RUN_SHARE, NULL, "--share %s: one folder is shared already, and there "
			   "is no room for more", value);
		return false;
	}
	share->path = util_copy(value);
	if (length > strlen(ro) && !strcmp(value + length - strlen(ro), ro)) {
		share->read_only = true;
		share->path[length - strlen(ro)] = '\0';
	}
	colon = strrchr(share->path, ':');
	if (!colon || colon == share->path || !colon[1] || strlen(colon + 1) > RUN_SHARE_TAG ||
	    strchr(colon + 1, ',') || strchr(colon + 1, '/')) {
		diag_error(DIAG_RUN_SHARE, NULL, "--share %s: DIR:TAG[,ro] is needed, with a tag of at "
			   "most %d letters", value, RUN_SHARE_TAG);
		return false;
	}
	*colon = '\0';
	share->tag = colon + 1;
	return share_is_folder(share->path);
}

void run_share_free(struct run_share *share)
{
	free(share->path);
}

char *run_share_fsdev(const struct run_share *share)
{
	char *name = run_qemu_name(share->path);
	char *option = util_printf("local,id=share0,security_model=none,path=%s%s", name,
				   share->read_only ? ",readonly=on" : "");

	free(name);
	return option;
}

char *run_share_device(const struct run_share *share)
{
	return util_printf("virtio-9p-pci,fsdev=share0,mount_tag=%s", share->tag);
}

static pid_t share_program = -1;

int run_share_start(const struct run_share *share)
{
	char *words[] = { NULL, share->path, share->read_only ? (char *)"ro" : NULL, NULL }, *said;
	int file = run_helper_start(RUN_SHARE_PROGRAM, words, &share_program, &said);

	if (file < 0)
		diag_error(DIAG_RUN_SHARE, share->path, "%s", said);
	free(said);
	return file;
}

void run_share_wait(void)
{
	run_helper_wait(share_program);
}
