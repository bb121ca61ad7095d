# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Small guests: annotated by the pack alone, the same file for every place.

GUESTS := $(patsubst tests/wedge/guests/%.S,$(B)/wedge/guests/%,$(wildcard tests/wedge/guests/*.S))

GUEST_PARTS := $(wildcard tests/wedge/guests/*.inc) tests/wedge/guests/guest.lds $(GEN)/pack.h
LOW_GUESTS := $(patsubst $(B)/wedge/guests/%,$(B)/wedge/low-guests/%,$(filter-out %/split-race,$(GUESTS)))

guest = $(Q)mkdir -p $(@D) && $(CC) -c -include $(GEN)/pack.h $(1) -o $@.o $< && \
	$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack -T tests/wedge/guests/guest.lds -o $@ $@.o

$(B)/wedge/guests/%: tests/wedge/guests/%.S $(GUEST_PARTS)
	$(say) GUEST $@
	$(call guest)

# For machines without an upper half.
$(B)/wedge/low-guests/%: tests/wedge/guests/%.S $(GUEST_PARTS)
	$(say) GUEST $@
	$(call guest,-DLOWER_HALF)

# The conformance table's guest: the kernel's part behind the pack, user mode's not.
CONFORMANCE := tests/wedge/conformance
CONFORMANCE_B := $(B)/wedge/conformance

$(CONFORMANCE_B)/%.inc: $(CONFORMANCE)/gen_conformance.py $(CONFORMANCE)/entries.tbl $(CONFORMANCE)/states.tbl plugin/insns.py plugin/insns.tbl
	$(say) GEN $@
	$(Q)mkdir -p $(@D) && $(PYTHON) $< $* > $@

$(CONFORMANCE_B)/guest: $(CONFORMANCE_B)/kernel.inc $(CONFORMANCE_B)/user.inc $(wildcard $(CONFORMANCE)/*.[Si]* $(CONFORMANCE)/*.lds tests/wedge/guests/*.inc) $(GEN)/pack.h
	$(say) GUEST $@
	$(Q)$(CC) -c -Wa,--no-warn -include $(GEN)/pack.h -I$(@D) -o $@.o $(CONFORMANCE)/conformance.S && \
		$(CC) -c -Wa,--no-warn -x assembler -o $@-user.o $(@D)/user.inc && \
		$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack -T $(CONFORMANCE)/conformance.lds -o $@ $@.o $@-user.o

# What stands on the disk that a guest reads.
GUEST_DISK := $(B)/wedge/guests/disk.img
$(GUEST_DISK):
	$(Q)mkdir -p $(@D) && printf "previrt's disk\n\n" > $@.new && truncate -s 64K $@.new && mv $@.new $@

.PHONY: guests low-guests conformance-guest
low-guests: $(LOW_GUESTS) $(GUEST_DISK)
conformance-guest: $(CONFORMANCE_B)/guest
guests: $(GUESTS) $(GUEST_DISK)
