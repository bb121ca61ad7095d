# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Wedges for a process whose disks lose what was not flushed (tests/process/volatile), each
# beside a copy of the program, which finds it there.

VOLATILE := $(B)/process/volatile $(B)/process/unflushed
$(B)/process/unflushed/disk.o: VOLATILE_FLAGS := -DUNFLUSHED

$(VOLATILE:%=%/disk.o): tests/process/volatile/disk.c $(wildcard $(W)/bus/*.h)
	$(say) CC $@
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) -fpie -fvisibility=hidden $(VOLATILE_FLAGS) -c -o $@ $<

$(VOLATILE:%=%/wedge/process.elf): %/wedge/process.elf: %/disk.o $(PROCESS_WEDGE) $(B)/bin/previrt
	$(say) LD $@
	$(Q)mkdir -p $(@D) $*/bin && cp $(B)/bin/previrt $*/bin && cp -r $(B)/guests $* && $(LD) -nostdlib -static \
		-z noexecstack -z max-page-size=4096 --no-relax --wrap=bus_add_disk \
		-T $(W)/backend/process/process.lds -o $@ $(sort $< $(process_objects)) $(STUBS)

.PHONY: volatile-wedges
volatile-wedges: $(VOLATILE:%=%/wedge/process.elf)
