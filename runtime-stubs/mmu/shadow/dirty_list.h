/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A list of tables whose frames' dirty bits alone tell whether a space has changed:
 * dirty_list.c. begin, add (-1: no list is to be made) and end make one. dirty: the first
 * of DIRTY_LIST_AT_ONCE entries, from entry @from on, one of which is dirty, or -1.
 */
#ifndef PREVIRT_MMU_SHADOW_DIRTY_LIST_H
#define PREVIRT_MMU_SHADOW_DIRTY_LIST_H
#include <stdint.h>

#define DIRTY_LIST_AT_ONCE 8
struct dirty_list { unsigned start, count, epoch; };	/* epoch 0: there is none */

/* All lists of a machine. Derived. */
struct dirty_list_vm {
	uint32_t *frames;
	uint16_t *tables;
	unsigned size, start, used;
	unsigned epoch;		/* that of lists that are known; not 0 */
};
extern struct dirty_list_vm dirty_list_vm;	/* wedge/vm.h */

void dirty_list_begin(void);
int dirty_list_add(unsigned table);
void dirty_list_end(struct dirty_list *list);
int dirty_list_is_known(const struct dirty_list *list);
int dirty_list_dirty(const struct dirty_list *list, unsigned from);
unsigned dirty_list_table(const struct dirty_list *list, unsigned entry);

#endif
