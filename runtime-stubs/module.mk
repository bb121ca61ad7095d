# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Generated texts: the table's format and the list of sensitive instructions,
# each described once (abi/table.abi, ../plugin/insns.tbl).

ABI := runtime-stubs/abi
INSNS := plugin/insns.tbl plugin/insns.py

GEN_FILES := $(addprefix $(GEN)/,abi.h abi_decode.h abi.inc places.def insns.h insns.c gas_pack.inc \
	pack.h pack_text.h)
DOC_FILES += docs/sensitive-instructions.md docs/table-format.md docs/adding-a-back-end.md

IFACE := runtime-stubs/iface
BACKEND_H := runtime-stubs/backend/backend.h

# $(call generate,COMMAND): never half-written, and untouched if the same
generate = printf "  %-8s%s\n" GEN $@; mkdir -p $(@D); $(1) > $@.new; \
	if cmp -s $@.new $@; then rm $@.new; touch $@; else mv $@.new $@; fi

$(GEN)/places.def: $(ABI)/places.def
	$(Q)set -e; $(call generate,cat $<)

$(GEN)/abi.h: $(ABI)/table.abi $(ABI)/gen_abi.py
	$(Q)set -e; $(call generate,$(PYTHON) $(ABI)/gen_abi.py $< c)

$(GEN)/abi_decode.h: $(ABI)/table.abi $(ABI)/gen_abi.py
	$(Q)set -e; $(call generate,$(PYTHON) $(ABI)/gen_abi.py $< decode)

$(GEN)/abi.inc: $(ABI)/table.abi $(ABI)/gen_abi.py GNUmakefile
	$(Q)set -e; $(call generate,$(PYTHON) $(ABI)/gen_abi.py $< gas $(VERSION))

$(GEN)/insns.h: plugin/gen_c.py $(INSNS)
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_c.py header)

$(GEN)/insns.c: plugin/gen_c.py $(INSNS)
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_c.py tables)

$(GEN)/gas_pack.inc: $(GEN)/abi.inc plugin/pack.inc plugin/gen_gas.py $(INSNS)
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py pack $(GEN)/abi.inc plugin/pack.inc)

$(GEN)/pack.h: $(GEN)/gas_pack.inc plugin/gen_gas.py
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py header $(GEN)/gas_pack.inc)

$(GEN)/pack_text.h: $(GEN)/gas_pack.inc plugin/gen_gas.py
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_gas.py strings previrt_pack=$(GEN)/gas_pack.inc)

docs/sensitive-instructions.md: plugin/gen_c.py $(INSNS)
	$(Q)set -e; $(call generate,$(PYTHON) plugin/gen_c.py doc)

docs/table-format.md: $(ABI)/table.abi $(ABI)/gen_abi.py docs/table-format.md.in
	$(Q)set -e; $(call generate,sed -e '/^@TABLES@$$/{r /dev/stdin' -e 'd}' docs/table-format.md.in \
		< <($(PYTHON) $(ABI)/gen_abi.py $< doc))

docs/adding-a-back-end.md: $(IFACE)/gen_iface.py $(BACKEND_H) $(wildcard $(IFACE)/*.h) docs/adding-a-back-end.md.in
	$(Q)set -e; $(call generate,sed -e '/^@PARTS@$$/{r /dev/stdin' -e 'd}' docs/adding-a-back-end.md.in \
		< <($(PYTHON) $< $(BACKEND_H)))

include runtime-stubs/native/module.mk
