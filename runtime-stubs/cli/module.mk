# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Fragment of GNUmakefile: the program previrt -> $(B)/bin/previrt.
# Uses B, GEN, HOSTCFLAGS, WARN, VERSION, Q and say of the makefile.

CLI_DIR := runtime-stubs/cli
CLI_SRC := $(wildcard $(CLI_DIR)/*.c) runtime-stubs/sites/sites.c \
	    runtime-stubs/insn/match.c runtime-stubs/insn/insn.c \
	    runtime-stubs/rewriter/plan.c runtime-stubs/rewriter/device.c runtime-stubs/rewriter/template.c \
	    runtime-stubs/rewriter/undo.c $(wildcard runtime-stubs/relocator/*.c) \
	    runtime-stubs/insn/fields.c runtime-stubs/insn/operation.c \
	    runtime-stubs/insn/vector.c $(GEN)/insns.c
CLI_OBJ := $(patsubst %.c,$(B)/obj/cli/%.o,$(notdir $(CLI_SRC)))
CLI_LIBS := -ldw -lelf -lZydis -lz -llzma -lbz2 -lm
CLI_CPPFLAGS := -D_GNU_SOURCE -DPREVIRT_VERSION='"$(VERSION)"' -I$(GEN) \
		 -Iruntime-stubs/sites -Iruntime-stubs/insn -I$(CLI_DIR)

.PHONY: cli
cli: $(B)/bin/previrt $(GEN)/linux.exempt

$(B)/bin/previrt: $(CLI_OBJ)
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(HOSTCFLAGS) $(LDFLAGS) -o $@ $^ $(CLI_LIBS)

CLI_RECIPES := kbuild debian yocto buildroot
$(GEN)/recipes.h: plugin/gen_gas.py $(CLI_RECIPES:%=$(CLI_DIR)/recipes/%.txt)
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py strings \
		$(foreach r,$(CLI_RECIPES),recipe_$(r)=$(CLI_DIR)/recipes/$(r).txt))

$(GEN)/page_text.h: plugin/gen_gas.py $(CLI_DIR)/page/style.css $(CLI_DIR)/page/script.js
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py strings \
		page_style=$(CLI_DIR)/page/style.css page_script=$(CLI_DIR)/page/script.js)

vpath %.c $(CLI_DIR) runtime-stubs/sites runtime-stubs/insn runtime-stubs/rewriter \
	runtime-stubs/relocator $(GEN)
$(B)/obj/cli/%.o: %.c $(GEN)/insns.h $(GEN)/abi.h $(GEN)/abi_decode.h $(GEN)/places.def $(GEN)/recipes.h $(GEN)/page_text.h
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 $(HOSTCFLAGS) $(WARN) $(CLI_CPPFLAGS) -MMD -MP -c -o $@ $<

$(GEN)/linux.exempt: $(CLI_DIR)/exemptions/linux.exempt
	@mkdir -p $(@D)
	$(Q)cp $< $@

-include $(CLI_OBJ:.o=.d)

# The same program with the address and undefined-behaviour sanitizers, for
# tests with hostile files.
CLI_ASAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
.PHONY: cli-asan
cli-asan: $(B)/asan/previrt
$(B)/asan/previrt: $(CLI_SRC) $(wildcard $(CLI_DIR)/*.h $(CLI_DIR)/*.def) $(GEN)/insns.h $(GEN)/abi.h $(GEN)/abi_decode.h $(GEN)/places.def $(GEN)/recipes.h $(GEN)/page_text.h
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) -std=gnu11 $(CLI_ASAN_FLAGS) $(WARN) $(CLI_CPPFLAGS) -o $@ $(CLI_SRC) $(CLI_LIBS)

# And with libFuzzer, for its target: tests/fuzz/elf_tables.c in main.c's place.
FUZZER ?= clang-14
$(B)/fuzz/elf-tables/target: tests/fuzz/elf_tables.c $(CLI_SRC) $(wildcard $(CLI_DIR)/*.h $(CLI_DIR)/*.def) $(GEN)/insns.h $(GEN)/abi.h $(GEN)/abi_decode.h $(GEN)/places.def $(GEN)/recipes.h $(GEN)/page_text.h
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(FUZZER) -std=gnu11 -g -O1 -DUNPACK_MOST=0x1000000 $(CLI_CPPFLAGS) \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $< $(filter-out %/main.c,$(CLI_SRC)) $(CLI_LIBS)

# Tables and text that come from the program's own sources.
DOC_FILES += docs/diagnostics.md
docs/diagnostics.md: $(B)/bin/previrt
	$(say) DOC $@
	$(Q)$(B)/bin/previrt explain --markdown > $@.new && mv $@.new $@
