# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# The wedge as a process of the host: all objects once more, for another place.
PROCESS_WEDGE := $(B)/wedge/process.elf
PROCESS_OBJ := $(B)/obj/wedge-process
WEDGE_PROCESS := $(addprefix $(W)/backend/process/,\
	entry.S main.c calls.c memory.c signals.c user.c shared.c patch.c patch_form.c patch_run.c segments.c vcpus.c time.c files.c filter.c) $(addprefix $(W)/host/,balloon.c base.c console.c debugger.c disk.c files.c filter.c net.c overlay.c processors.c processors_memory.c share.c space.c timer.c) \
	$(W)/fastpath/none.c $(wildcard $(W)/gdb/*.c) $(wildcard $(W)/moved/*.c) $(wildcard $(W)/relocator/*.c) $(W)/insn/fields.c

process_objects = $(patsubst $(W)/%,$(PROCESS_OBJ)/%.o,$(WEDGE_NEUTRAL) $(WEDGE_PROCESS) $(wildcard $(W)/mmu/maps/*.c)) \
	$(PROCESS_OBJ)/insns.c.o

# Linked above 2 GiB, so all references are relative; those of pointers to functions go
# by a table, which ld must leave. The kernel's half of the lower half (docs/process.md); nothing below 64 KiB.
$(PROCESS_OBJ)/%.o: WEDGE_MODEL := -fpie -fvisibility=hidden -DBACKEND_UPPER_FIRST=128u \
	-DBACKEND_UPPER_END=252u -DAT_FIRST=0x10000

$(PROCESS_OBJ)/%.o: $(W)/% $(W)/backend/process/module.mk | $(GEN_FILES)
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) $(WEDGE_MODEL) -c -o $@ $<

$(PROCESS_OBJ)/insns.c.o: $(GEN)/insns.c $(GEN)/insns.h $(W)/backend/process/module.mk
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) $(WEDGE_MODEL) -c -o $@ $<

$(PROCESS_WEDGE): $(process_objects) $(STUBS) $(W)/backend/process/process.lds
	$(say) LD $@
	$(Q)mkdir -p $(@D) && $(LD) -nostdlib -static -z noexecstack -z max-page-size=4096 --no-relax \
		-T $(W)/backend/process/process.lds -o $@ $(filter %.o %.a,$^)

wedge: $(PROCESS_WEDGE)

-include $(patsubst %.o,%.d,$(process_objects))
