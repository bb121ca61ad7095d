/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Pieces of a kernel that is not Linux, for kernel.guest: page tables of two
 * levels, the lower of bare integers, the upper of structures; a network card;
 * modules; an idle loop.
 */
typedef unsigned int u32;
typedef unsigned long frame_entry;
struct dir_slot { unsigned long bits; };
struct address_space { struct dir_slot *dir; struct dir_slot saved; long users; };
struct net_card { volatile u32 *regs; u32 status; };

void *memcpy(void *to, const void *from, unsigned long size);
void *memset(void *to, int c, unsigned long size);
void *pages_take(void);
void pages_give(void *page);
void halt_once(void);
int module_init(const char *code);

static struct dir_slot kernel_dir[512];

void map_page(frame_entry *table, unsigned long index, unsigned long frame)
{
	table[index] = frame | 3;
}

frame_entry entry_of(unsigned long frame)
{
	frame_entry entry = frame | 3;	/* in a register, in no table */

	return entry;
}

/* An address, not a pointer, as this kernel's users have it. */
static inline unsigned long entry_swap(unsigned long at, unsigned long value)
{
	asm volatile("xchg %0,%1" : "+r"(value), "+m"(*(unsigned long *)at) : : "memory");
	return value;
}

unsigned long unmap_page(unsigned long at)
{
	return entry_swap(at, 0);
}

void link_table(struct address_space *space, unsigned long index, frame_entry *table)
{
	space->dir[index].bits = (unsigned long)table | 7;
	space->users++;
	space->saved = space->dir[index];	/* a copy */
}

void link_kernel(unsigned long index, frame_entry *table)
{
	kernel_dir[index].bits = (unsigned long)table | 3;
}

void *page_zeroed(void)
{
	void *page = pages_take();

	memset(page, 0, 4096);
	return page;
}

struct dir_slot *space_new(void)
{
	struct dir_slot *dir = page_zeroed();

	memcpy(dir + 256, kernel_dir + 256, 256 * sizeof(*dir));
	return dir;
}

void space_end(struct dir_slot *dir)
{
	pages_give(dir);
}

static inline u32 io_get(volatile u32 *reg)
{
	return *reg;
}

static inline void io_put(volatile u32 *reg, u32 value)
{
	*reg = value;
}

void net_reset(struct net_card *card)
{
	io_put(card->regs + 2, 1);
	card->status = io_get(card->regs + 1);
}

int module_start(const char *code, int flags)
{
	return module_init(code) + flags;
}

void idle_loop(void)
{
	for (;;)
		halt_once();
}

/* Prints tables that it has copied; has nothing to do with the machine's. */
void debug_table(frame_entry *copy)
{
	copy[0] = 0;
}
