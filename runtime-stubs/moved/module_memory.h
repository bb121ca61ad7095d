/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The guest kernel's memory, for those who read ELF files there: <elf.h> and mmu.h have
   names in common. */
#ifndef PREVIRT_MOVED_MODULE_MEMORY_H
#define PREVIRT_MOVED_MODULE_MEMORY_H
#include <stddef.h>
#include <stdint.h>

/* With the kernel's rights; 0, or -1: some of it is not mapped. */
int module_memory_read(uint64_t va, void *to, size_t size);
int module_memory_write(uint64_t va, const void *from, size_t size);
int module_memory_is_mapped(uint64_t va);
/* As mmu_code_appeared. */
void module_memory_listen(void (*code_appeared)(uint64_t va));

#endif
