# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Fragment of GNUmakefile: the host program previrt -> $(B)/bin/previrt.
# Uses B, GEN, HOSTCFLAGS, WARN, VERSION, Q and say of the makefile.

HOST_DIR := runtime-stubs/host
HOST_SRC := $(wildcard $(HOST_DIR)/*.c) runtime-stubs/sites/sites.c \
	    runtime-stubs/insn/match.c runtime-stubs/insn/insn.c \
	    runtime-stubs/rewriter/plan.c runtime-stubs/rewriter/template.c \
	    runtime-stubs/rewriter/undo.c $(GEN)/insns.c
HOST_OBJ := $(patsubst %.c,$(B)/obj/host/%.o,$(notdir $(HOST_SRC)))
HOST_LIBS := -ldw -lelf -lZydis -lz -llzma -lbz2 -lm
HOST_CPPFLAGS := -D_GNU_SOURCE -DPREVIRT_VERSION='"$(VERSION)"' -I$(GEN) \
		 -Iruntime-stubs/sites -Iruntime-stubs/insn -I$(HOST_DIR)

.PHONY: host
host: $(B)/bin/previrt $(GEN)/linux.exempt

$(B)/bin/previrt: $(HOST_OBJ)
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(HOSTCFLAGS) -o $@ $^ $(HOST_LIBS)

vpath %.c $(HOST_DIR) runtime-stubs/sites runtime-stubs/insn runtime-stubs/rewriter $(GEN)
$(B)/obj/host/%.o: %.c $(GEN)/insns.h $(GEN)/abi.h
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 $(HOSTCFLAGS) $(WARN) $(HOST_CPPFLAGS) -MMD -MP -c -o $@ $<

$(GEN)/linux.exempt: $(HOST_DIR)/exemptions/linux.exempt
	@mkdir -p $(@D)
	$(Q)cp $< $@

-include $(HOST_OBJ:.o=.d)

# The same program with the address and undefined-behaviour sanitizers, for
# tests with hostile files.
HOST_ASAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
.PHONY: host-asan
host-asan: $(B)/asan/previrt
$(B)/asan/previrt: $(HOST_SRC) $(wildcard $(HOST_DIR)/*.h $(HOST_DIR)/*.def) $(GEN)/insns.h $(GEN)/abi.h
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 $(HOST_ASAN_FLAGS) $(WARN) $(HOST_CPPFLAGS) -o $@ $(HOST_SRC) $(HOST_LIBS)

# And with libFuzzer, for its target: tests/fuzz/elf_tables.c in main.c's place.
FUZZER ?= clang-14
$(B)/fuzz/elf-tables/target: tests/fuzz/elf_tables.c $(HOST_SRC) $(wildcard $(HOST_DIR)/*.h $(HOST_DIR)/*.def) $(GEN)/insns.h $(GEN)/abi.h
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(FUZZER) -std=gnu11 -g -O1 -DUNPACK_MOST=0x1000000 $(HOST_CPPFLAGS) \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $< $(filter-out %/main.c,$(HOST_SRC)) $(HOST_LIBS)

# Tables and text that come from the program's own sources.
DOC_FILES += docs/diagnostics.md
docs/diagnostics.md: $(B)/bin/previrt
	$(say) DOC $@
	$(Q)$(B)/bin/previrt explain --markdown > $@.new && mv $@.new $@
