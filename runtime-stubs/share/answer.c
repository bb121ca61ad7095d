/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Which message is what. */
#include "share.h"
#include <errno.h>

#define OFFERED 0
#define CHANGES 1	/* refused where the share is read-only */

static const struct { share_function *answer; uint8_t changes; } kinds[256] = {
	[8] = { share_statfs, OFFERED }, [12] = { share_open, OFFERED },
	[14] = { share_create, CHANGES }, [16] = { share_symlink, CHANGES },
	[18] = { share_mknod, CHANGES }, [20] = { share_rename, CHANGES },
	[22] = { share_readlink, OFFERED }, [24] = { share_getattr, OFFERED },
	[26] = { share_setattr, CHANGES }, [40] = { share_readdir, OFFERED },
	[50] = { share_sync, OFFERED }, [52] = { share_lock, OFFERED },
	[54] = { share_getlock, OFFERED }, [70] = { share_link, CHANGES },
	[72] = { share_mkdir, CHANGES }, [74] = { share_renameat, CHANGES },
	[76] = { share_unlinkat, CHANGES }, [100] = { share_version, OFFERED },
	[104] = { share_attach, OFFERED }, [108] = { share_flush, OFFERED },
	[110] = { share_walk, OFFERED }, [116] = { share_read, OFFERED },
	[118] = { share_write, CHANGES }, [120] = { share_clunk, OFFERED },
	[122] = { share_remove, CHANGES },
};

int share_answer(struct share *share, uint8_t type, struct message *in, struct message *out)
{
	int error;

	if (!kinds[type].answer)
		return EOPNOTSUPP;
	if (kinds[type].changes && share->read_only)
		return EROFS;
	error = kinds[type].answer(share, in, out);
	if (!error && (in->bad || out->bad))
		error = EINVAL;
	return error;
}
