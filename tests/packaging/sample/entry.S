/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include <linux/linkage.h>

SYM_FUNC_START(sample_entry)
	cli
	swapgs
	swapgs
	sti
	RET
SYM_FUNC_END(sample_entry)
