/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A dirty list has the frames of all guest tables of one space, if the dirty bits of these
 * frames alone tell whether a table has changed (dirty_list.c).
 */
#ifndef PREVIRT_MMU_SHADOW_DIRTY_LIST_H
#define PREVIRT_MMU_SHADOW_DIRTY_LIST_H
#include <stdint.h>

#define DIRTY_LIST_AT_ONCE 8
struct dirty_list { unsigned start, count, epoch; };	/* epoch 0: no list */

/* All lists of a machine. Derived. */
struct dirty_list_vm {
	uint32_t *frames;
	uint16_t *tables;
	unsigned size, start, used;
	unsigned epoch;		/* of the lists that are valid; not 0 */
};
extern struct dirty_list_vm dirty_list_vm;	/* wedge/vm.h */

/* Begin a list, add the guest's table that @table stands for, end it. add returns -1 if no
   list can be made: other dirty bits count for that frame, or the memory for lists is full. */
void dirty_list_begin(void);
int dirty_list_add(unsigned table);
void dirty_list_end(struct dirty_list *list);
/* Returns 1 if @list is valid. */
int dirty_list_is_known(const struct dirty_list *list);
/* Looks at groups of DIRTY_LIST_AT_ONCE entries from entry @from on. Returns the first entry
   of the first group with a dirty frame, or -1. */
int dirty_list_dirty(const struct dirty_list *list, unsigned from);
/* The table of an entry. */
unsigned dirty_list_table(const struct dirty_list *list, unsigned entry);

#endif
