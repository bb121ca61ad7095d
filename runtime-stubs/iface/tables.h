/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Page tables that the processor walks. A table is named by a small number, 0 is none.
 * Entries are the processor's, with machine addresses (Intel SDM volume 3, 4.5).
 * Changes are queued: backend_table_get sees them at once, the processor at the latest
 * after backend_table_commit.
 */
#ifndef PREVIRT_IFACE_TABLES_H
#define PREVIRT_IFACE_TABLES_H
#include <stdint.h>

/*
 * The entries of a level-4 table that are the guest kernel's, "the upper half": from
 * FIRST on, below END. It is the upper half of the address space but where a back-end
 * has the kernel run in the lower one (backend/process/module.mk).
 */
#ifndef BACKEND_UPPER_FIRST
#define BACKEND_UPPER_FIRST 256u
#define BACKEND_UPPER_END 512u
#endif
/* Is @va in the kernel's half? One that is not canonical is in that of its uppermost bit. */
static inline int backend_is_upper(uint64_t va)
{
	return BACKEND_UPPER_FIRST == 256 ? va >> 63 : va >> 39 >= BACKEND_UPPER_FIRST;
}

#define BACKEND_FLUSH 1
#define BACKEND_FLUSH_ALL 2

/* Returns an empty table of @level (1 to 3), or 0 if none is left. */
unsigned backend_table_alloc(int level);

/* Empties and frees @table. No entry refers to it any more. */
void backend_table_free(unsigned table);

/* Returns how many tables backend_table_alloc can give. */
unsigned backend_tables_left(void);

/* Returns a number above each that backend_table_alloc, backend_root and
   backend_roots_alloc give. Known before wedge_start. */
unsigned backend_table_limit(void);

/* Writes @entry to entry @index (0 to 511) of @table. */
void backend_table_set(unsigned table, unsigned index, uint64_t entry);

/* Returns entry @index of @table, with the accessed and dirty bits that the processor
   has set. The back-end may use the bits that are available to software. A table that the
   hypervisor has taken back reads as 0. */
uint64_t backend_table_get(unsigned table, unsigned index);

/* Returns all 512 entries of @table, to be read until the next change of a table. */
const uint64_t *backend_table_entries(unsigned table);

/* Returns the machine address of @table. */
uint64_t backend_table_address(unsigned table);

/* Returns the table whose machine address stands in @entry; 0: it is not present, or
   leads to a linear table or to a page. */
unsigned backend_table_of(uint64_t entry);

/* Writes @entry to entry @index of @table as backend_table_set, effective at once.
   @table is of level 1 and maps the page @va of the lower half in the tables that the
   processor runs on. @flush: its TLB forgets this page. Returns 0 always, so that a caller can end with it. */
int backend_table_set_page(unsigned table, unsigned index, uint64_t va, uint64_t entry,
			   int flush);

/* Makes all changes effective. BACKEND_FLUSH in @flush: the TLB of the running
   processor is emptied, BACKEND_FLUSH_ALL: that of each. */
void backend_table_commit(int flush);

/* Returns a table of level 1, a linear table, that maps the 512 guest frames from @gfn
   (a multiple of 512) with all rights; any number of entries may lead to it. 0 if some
   of them are no memory. */
unsigned backend_table_linear(uint64_t gfn);

/* Entries of the linear tables, by guest frame. The processor sets PTE_D (bit 6) when
   the guest or the wedge writes to the frame through them. Where no memory is, PTE_D is
   0. */
extern const uint64_t *backend_linear;

/* Clears PTE_D in the linear entry of guest frame @gfn, as of the next commit with a
   flush. */
void backend_frame_clean(uint64_t gfn);

/* Returns the first root (table of level 4) of the guest's kernel or, with @user, of
   its user mode. They are there from the start, for the first processor. */
unsigned backend_root(int user);

/* Allocates a further pair of roots for the running processor; the kernel's has what
   the first has in its upper half now, the user's is empty. Returns 0, or -1: there are
   no tables left. */
int backend_roots_alloc(unsigned *kernel, unsigned *user);

/* Has the running processor use this pair: @kernel while the guest runs in kernel mode,
   @user in user mode. All changes are effective then, and its TLB is empty. */
void backend_load_roots(unsigned kernel, unsigned user);

/* Returns the table of @level (3 or 2) that covers @va, if all kernel roots share it
   because part of the wedge is mapped by it; the guest's entries are written into it. 0:
   no part of the wedge is mapped there. */
unsigned backend_fixed_table(uint64_t va, int level);

/* Returns 1 if the guest can have no mapping at the page-aligned address @va: the wedge
   or the hypervisor lives there. */
int backend_va_reserved(uint64_t va);

/* The bits of a present entry of level 1, as it is read back, which tell that it is the
   supervisor's. */
extern const uint64_t backend_leaf_mask;

/* The value of these bits in such an entry. An entry that is read back has it if and only
   if it was set without PTE_U. No TLB holds such an entry while user mode runs. */
extern const uint64_t backend_leaf_supervisor;

static inline int backend_leaf_is_supervisor(uint64_t entry)
{
	return (entry & backend_leaf_mask) == backend_leaf_supervisor;
}

#endif
