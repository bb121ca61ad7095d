# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# The texts of the native and the counting stubs, and the first two as strings for the
# plugin; that of counters for each processor is a file beside it.

NATIVE := runtime-stubs/native
GEN_FILES += $(addprefix $(GEN)/,stubs_ops.inc stubs_native.inc stubs_count.inc \
	stubs_percpu.inc stubs_text.h)

$(GEN)/stubs_ops.inc: $(NATIVE)/ops.awk plugin/insns.tbl
	$(Q)set -e; $(call generate,awk -f $(NATIVE)/ops.awk plugin/insns.tbl)

$(GEN)/stubs_native.inc: $(GEN)/stubs_ops.inc $(NATIVE)/call.inc $(NATIVE)/stub.inc plugin/gen_gas.py
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py join $(filter %.inc,$^))

$(GEN)/stubs_count.inc: $(GEN)/stubs_native.inc $(NATIVE)/count.inc plugin/gen_gas.py
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py join $(filter %.inc,$^))

$(GEN)/stubs_percpu.inc: $(GEN)/stubs_count.inc $(NATIVE)/percpu.inc plugin/gen_gas.py
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py join $(filter %.inc,$^))

$(GEN)/stubs_text.h: $(GEN)/stubs_native.inc $(GEN)/stubs_count.inc plugin/gen_gas.py
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py strings \
		previrt_stubs_native=$(GEN)/stubs_native.inc \
		previrt_stubs_count=$(GEN)/stubs_count.inc)

$(foreach n,$(PLUGIN_GCCS),$(B)/gcc-$(n)/unit.o): $(GEN)/stubs_text.h
