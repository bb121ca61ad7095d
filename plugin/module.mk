# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright The previrt authors
#
# The plugin: one .so for each major version of GCC whose plugin headers are
# there, and $(B)/previrt.so for the default compiler. Variables: B, GEN (see
# GNUmakefile).

# $(call gcc_plugin_headers,N): where GCC N keeps them
gcc_plugin_headers = $(shell gcc-$(1) -print-file-name=plugin 2>/dev/null)/include

PLUGIN_GCCS ?= $(foreach n,11 12,$(if $(wildcard \
	$(call gcc_plugin_headers,$(n))/gcc-plugin.h),$(n)))
PLUGIN_DEFAULT ?= $(shell gcc -dumpversion | cut -d. -f1)

PLUGIN_C := guest asm_memory asm_lex asm_bytes asm_data asm_section asm_directive asm_match asm_count asm_template
PLUGIN_CXX := plugin arguments diagnostics unit guest_load named parts pass_template pass_memory pass_late liveness pass_function pass_macros pass_text
PLUGIN_GEN := $(addprefix $(GEN)/,abi.h places.def insns.h insns.c mnemonics.h pack_text.h)
# No path of this folder in it: the digest that makes kbuild and ccache build anew
# is that of the plugin, not of the place it was built in.
PLUGIN_CFLAGS := -O2 -g -ffile-prefix-map=$(CURDIR)=. -fPIC -fvisibility=hidden -MMD -MP -I$(GEN) -Iplugin \
	-DPREVIRT_VERSION='"$(VERSION)"' -Wall -Wextra -Wno-unused-parameter

$(GEN)/mnemonics.h: plugin/gen_mnemonics.py plugin/insns.py plugin/insns.tbl
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_mnemonics.py)

# $(call plugin_rules,N): the plugin for GCC N
define plugin_rules
$(addprefix $(B)/gcc-$(1)/,$(PLUGIN_C:=.o)): $(B)/gcc-$(1)/%.o: plugin/%.c | $(PLUGIN_GEN)
	$$(say) CC $$@
	$$(Q)mkdir -p $$(@D) && gcc-$(1) -std=gnu11 $(PLUGIN_CFLAGS) -c $$< -o $$@

$(addprefix $(B)/gcc-$(1)/,$(PLUGIN_CXX:=.o)): $(B)/gcc-$(1)/%.o: plugin/%.c | $(PLUGIN_GEN)
	$$(say) CXX $$@
	$$(Q)mkdir -p $$(@D) && g++-$(1) -x c++ -std=gnu++14 -fno-rtti $(PLUGIN_CFLAGS) \
		-isystem $$(call gcc_plugin_headers,$(1)) -c $$< -o $$@

$(B)/gcc-$(1)/match.o: runtime-stubs/insn/match.c | $(PLUGIN_GEN)
	$$(say) CC $$@
	$$(Q)mkdir -p $$(@D) && gcc-$(1) -std=gnu11 $(PLUGIN_CFLAGS) -c $$< -o $$@

$(B)/gcc-$(1)/insns.o: $(GEN)/insns.c | $(PLUGIN_GEN)
	$$(say) CC $$@
	$$(Q)mkdir -p $$(@D) && gcc-$(1) -std=gnu11 $(PLUGIN_CFLAGS) -c $$< -o $$@

$(B)/gcc-$(1)/previrt.so: $(addprefix $(B)/gcc-$(1)/,$(PLUGIN_C:=.o) $(PLUGIN_CXX:=.o) match.o insns.o)
	$$(say) LINK $$@
	$$(Q)g++-$(1) -shared $(LDFLAGS) -o $$@.new $$^ && mv $$@.new $$@
endef
$(foreach n,$(PLUGIN_GCCS),$(eval $(call plugin_rules,$(n))))

PLUGIN_FILES := $(foreach n,$(PLUGIN_GCCS),$(B)/gcc-$(n)/previrt.so) \
	$(if $(filter $(PLUGIN_DEFAULT),$(PLUGIN_GCCS)),$(B)/previrt.so)

$(B)/previrt.so: $(B)/gcc-$(PLUGIN_DEFAULT)/previrt.so
	$(Q)ln -sf gcc-$(PLUGIN_DEFAULT)/previrt.so $@

# Guest files, where the plugin finds them by name.
GUEST_FILES := $(patsubst plugin/guests/%,$(B)/guests/%,$(wildcard plugin/guests/*.guest))
$(B)/guests/%: plugin/guests/%
	$(say) COPY $@
	$(Q)mkdir -p $(@D) && cp $< $@.new && mv $@.new $@

.PHONY: plugin
plugin: $(PLUGIN_FILES) $(GUEST_FILES)

-include $(wildcard $(B)/gcc-*/*.d)
