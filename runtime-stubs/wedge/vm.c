/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The state of a processor of the guest, at one address for all of them (VCPU_LOCAL). That
 * of the board is in board/board.c. With guest memory these are all the state there is
 * (state.h); the rest of the wedge is derived, or of the bundle
 * (tests/wedge/writable.list).
 */
#include "../cpu/cpu.h"
#include "../iface/vcpu.h"

VCPU_LOCAL struct cpu previrt_cpu;
