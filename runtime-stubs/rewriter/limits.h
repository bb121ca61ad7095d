/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Numbers that the wedge's assembly shares with the rewriter. */
#ifndef PREVIRT_REWRITER_LIMITS_H
#define PREVIRT_REWRITER_LIMITS_H

#define REWRITER_CALLS 1024	/* different instructions behind a call */
#define REWRITER_JUMPS 2048	/* sites where no call can stand */

#endif
