# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Small guests: annotated by the pack alone, the same file for every place.

GUESTS := $(patsubst tests/wedge/guests/%.S,$(B)/wedge/guests/%,$(wildcard tests/wedge/guests/*.S))

$(B)/wedge/guests/%: tests/wedge/guests/%.S tests/wedge/guests/guest.inc tests/wedge/guests/high.inc tests/wedge/guests/users.inc tests/wedge/guests/second.inc tests/wedge/guests/roots.inc tests/wedge/guests/deep.inc tests/wedge/guests/guest.lds $(GEN)/pack.h
	$(say) GUEST $@
	$(Q)mkdir -p $(@D) && $(CC) -c -include $(GEN)/pack.h -o $@.o $< && \
		$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack -T tests/wedge/guests/guest.lds -o $@ $@.o

.PHONY: guests
guests: $(GUESTS)
