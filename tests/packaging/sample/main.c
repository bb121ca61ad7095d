/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A module outside the kernel's tree with sensitive instructions from the
 * kernel's headers and of its own. It is compiled, never loaded.
 */
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <asm/msr.h>

void sample_entry(void);	/* entry.S */

static int __init sample_start(void)
{
	unsigned long flags, cr0;
	u64 value;

	local_irq_save(flags);
	asm volatile("mov %%cr0, %0" : "=r" (cr0));
	outb(inb(0x80), 0x80);
	local_irq_restore(flags);
	sample_entry();
	return cr0 ? rdmsrl_safe(MSR_EFER, &value) : -ENODEV;
}

static void __exit sample_end(void)
{
	wbinvd();
}

module_init(sample_start);
module_exit(sample_end);
MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("Sensitive instructions in a module");
