# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Starts a vmlinux on a bare machine (`previrt run --on=native').

LOADER := $(B)/wedge/native.elf
LOADER_SRC := runtime-stubs/loader/start.S runtime-stubs/loader/loader.c \
	runtime-stubs/wedge/bundle.c runtime-stubs/wedge/memory.c
LOADER_CFLAGS := -m32 -std=gnu11 -O2 $(WARN) -Wno-array-bounds -ffreestanding -fno-pic \
	-fno-tree-loop-distribute-patterns -mgeneral-regs-only -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing

$(LOADER): $(LOADER_SRC) $(wildcard runtime-stubs/loader/*.lds) runtime-stubs/wedge/bundle.h \
		runtime-stubs/wedge/zeropage.h runtime-stubs/devices/exit_status.h
	$(say) LD $@
	$(Q)mkdir -p $(@D) && $(CC) $(LOADER_CFLAGS) -nostdlib -static -Wl,--build-id=none \
		-Wl,-z,noexecstack,--no-warn-rwx-segments -T runtime-stubs/loader/loader.lds \
		-o $@ $(LOADER_SRC)

.PHONY: loader
loader: $(LOADER)
all: loader
