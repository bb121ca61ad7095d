# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Wedges: one for each folder of runtime-stubs/backend. What is linked into one
# decides which hypervisor it is for.

W := runtime-stubs
WEDGE_NEUTRAL := $(addprefix $(W)/,\
	wedge/print.c wedge/memory.c wedge/vm.c wedge/run.c wedge/faults.c wedge/tables.c wedge/ports.c wedge/deliver.c wedge/software.c wedge/report.c wedge/counters.c wedge/ending.c wedge/causes.c wedge/boot.c wedge/firmware.c wedge/linux.c wedge/vcpus.c wedge/image.c wedge/notes.c wedge/bundle.c wedge/modules.c wedge/short_site.c wedge/parts.c wedge/entropy.c \
	cpu/emulate.c cpu/flags.c cpu/control.c cpu/segment.c cpu/transfer.c cpu/deliver.c \
	cpu/wake.c cpu/io.c cpu/memory.c cpu/breakpoints.c cpu/msr.c cpu/cpuid.c cpu/device.c cpu/operand.c cpu/operation.c cpu/operate.c cpu/string.c cpu/vector.c \
	bus/ports.c bus/memory.c bus/lines.c bus/timers.c bus/dma.c bus/disk.c bus/drive.c bus/drive_identify.c bus/memory_disk.c bus/pci.c bus/bars.c bus/msix.c virtio/queue.c virtio/device.c virtio/pci.c board/board.c board/mailbox.c board/tables.c board/dsdt.c \
	insn/insn.c insn/match.c insn/operation.c insn/vector.c sites/sites.c \
	rewriter/plan.c rewriter/device.c rewriter/template.c rewriter/undo.c) $(wildcard $(W)/mmu/*.c $(W)/mmu/shadow/*.c $(W)/devices/*.c)
WEDGE_XENPV := $(addprefix $(W)/backend/xenpv/,\
	page.S start.S entry.S user.S early.c main.c call.c check.c vcpus.c counters.c traps.c time.c \
	frames.c tables.c memory.c cpu.c domu.c) $(filter-out %/none.c,$(wildcard $(W)/fastpath/*.[cS]))

WEDGE_CFLAGS := -std=gnu11 -O2 -g $(WARN) -ffreestanding -fno-tree-loop-distribute-patterns \
	-mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-strict-aliasing -MMD -MP \
	-I$(GEN)
WEDGE_OBJ := $(B)/obj/wedge

wedge_objects = $(patsubst $(W)/%,$(WEDGE_OBJ)/%.o,$(1)) $(WEDGE_OBJ)/insns.c.o

$(WEDGE_OBJ)/%.c.o: $(W)/%.c | $(GEN_FILES)
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) $(WEDGE_MODEL) -c -o $@ $<

$(WEDGE_OBJ)/%.S.o: $(W)/%.S
	$(say) AS $<
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) -c -o $@ $<

$(WEDGE_OBJ)/insns.c.o: $(GEN)/insns.c $(GEN)/insns.h
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) -mcmodel=kernel -fno-pic -c -o $@ $<

WEDGE_MODEL := -mcmodel=kernel -fno-pic
# What runs once, or hardly ever, is small instead of fast: the image has a limit.
WEDGE_SELDOM := wedge/report.c wedge/counters.c wedge/ending.c wedge/boot.c wedge/firmware.c wedge/linux.c wedge/image.c wedge/bundle.c wedge/notes.c \
	cpu/wake.c devices/acpi.c wedge/parts.c bus/pci.c bus/bars.c virtio/pci.c devices/e1000.c devices/e1000_phy.c board/tables.c board/dsdt.c mmu/shadow/check.c rewriter/undo.c
$(patsubst %,$(WEDGE_OBJ)/%.o,$(WEDGE_SELDOM)): WEDGE_CFLAGS += -Os
$(WEDGE_OBJ)/backend/xenpv/early.c.o: WEDGE_MODEL := -fpie -fvisibility=hidden

XENPV_WEDGE := $(B)/wedge/xenpv.elf
$(XENPV_WEDGE): $(call wedge_objects,$(WEDGE_NEUTRAL) $(WEDGE_XENPV)) $(W)/backend/xenpv/wedge.lds
	$(say) LD $@
	$(Q)mkdir -p $(@D) && $(LD) -nostdlib -static -z noexecstack --no-warn-rwx-segments \
		-z max-page-size=4096 -T $(W)/backend/xenpv/wedge.lds -o $@ $(filter %.o,$^)

.PHONY: wedge
wedge: $(XENPV_WEDGE)
all: wedge

-include $(patsubst %.o,%.d,$(call wedge_objects,$(WEDGE_NEUTRAL) $(WEDGE_XENPV)))
