# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# What moves a kernel's image, as an archive for a back-end that has to: needs memcpy
# and its like, strlen and strncmp, and nothing else.

RELOCATOR := $(B)/process/relocator.a
RELOCATOR_SRC := $(wildcard $(W)/relocator/*.c) $(W)/insn/fields.c
RELOCATOR_OBJ := $(patsubst $(W)/%,$(B)/obj/%.o,$(RELOCATOR_SRC))

$(RELOCATOR_OBJ): $(B)/obj/%.c.o: $(W)/%.c | $(GEN)/places.def
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(WEDGE_CFLAGS) -fpie -c -o $@ $<

$(RELOCATOR): $(RELOCATOR_OBJ)
	$(say) AR $@
	$(Q)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^

.PHONY: relocator
relocator: $(RELOCATOR)
all: relocator

-include $(RELOCATOR_OBJ:.o=.d)
