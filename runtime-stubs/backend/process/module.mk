# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Guest code in processes of the host: stubs, and the supervisor's side of them, as
# an archive for what is to run there.

STUBS := $(B)/process/stubs.a
STUBS_OBJ := $(addprefix $(B)/obj/process/,stub.S.o call.c.o channel.c.o frame.c.o run.c.o start.c.o steps.c.o)

$(B)/obj/process/%.o: $(W)/backend/process/%
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) -fpie -c -o $@ $<

$(STUBS): $(STUBS_OBJ)
	$(say) AR $@
	$(Q)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^

.PHONY: stubs
stubs: $(STUBS)
all: stubs

-include $(STUBS_OBJ:.o=.d)
