/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the cases of operations.tbl have in common: a kernel's types. */
typedef unsigned long pteval_t, pmdval_t, pgdval_t;
typedef struct { pteval_t pte; } pte_t;
typedef struct { pmdval_t pmd; } pmd_t;
typedef struct { pgdval_t pgd; } pgd_t;
typedef struct { pgd_t pgd; } p4d_t;	/* folded into the level above */
typedef union { struct { unsigned low, high; }; unsigned long long val; } pud_t;
typedef struct { unsigned long v; } other_t;
struct fault { long address; pte_t orig_pte; pte_t *ptep; pmd_t pmds[4]; };
struct whole { pgd_t pgds[64]; };	/* a table, for the guest file */
extern pte_t table[512], single;
extern other_t others[512];
pte_t make_pte(unsigned long);
void use(void *);
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define inline inline __attribute__((always_inline))
static inline void clear_bit(long nr, volatile unsigned long *a)
{
	asm volatile("lock; btr %1,%0" : "+m"(*a) : "Ir"(nr) : "memory", "cc");
}
static inline unsigned readl(const volatile void *p)
{
	unsigned v;

	asm volatile("movl %1,%0" : "=r"(v) : "m"(*(volatile unsigned *)p) : "memory");
	return v;
}
static inline void writel(unsigned v, volatile void *p)
{
	asm volatile("movl %0,%1" : : "r"(v), "m"(*(volatile unsigned *)p) : "memory");
}
void clear_page_rep(void *);
static inline void clear_page(void *p)
{
	asm volatile("call %P2" : "=D"(p) : "0"(p), "i"(clear_page_rep) : "memory");
}
static inline void clear_pages(void *p, int n)
{
	while (n--)
		clear_page(p + n * 4096);
}
static inline void set_entry(void *p)
{
	asm volatile("orb $4,%0; nop" : "+m"(*(char *)p));
}
