# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Stubs: user code in processes of a Linux host, as an archive for what is to run there.

STUBS := $(B)/process/stubs.a
STUBS_OBJ := $(patsubst $(W)/stub/%,$(B)/obj/stub/%.o,$(wildcard $(W)/stub/*.[cS]))

$(B)/obj/stub/%.o: $(W)/stub/%
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) -fpie -c -o $@ $<

$(STUBS): $(STUBS_OBJ)
	$(say) AR $@
	$(Q)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^

.PHONY: stubs
stubs: $(STUBS)
all: stubs

-include $(STUBS_OBJ:.o=.d)
