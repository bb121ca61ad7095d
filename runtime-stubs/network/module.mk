# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# Networks for guests in processes: programs beside the wedge. `user' needs libslirp
# (Debian: libslirp-dev); where that is missing it is not built, and make says so.

NETWORK := runtime-stubs/network
NETWORK_SRC := $(NETWORK)/user.c $(NETWORK)/queue.c
HAVE_SLIRP := $(shell $(CC) -fsyntax-only -include slirp/libslirp.h -x c /dev/null 2>/dev/null && echo yes)

ifeq ($(HAVE_SLIRP),yes)
NETWORK_USER := $(B)/wedge/network-user
$(NETWORK_USER): $(NETWORK_SRC) $(NETWORK)/queue.h
	$(say) CC $@
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -D_GNU_SOURCE $(HOSTCFLAGS) $(WARN) $(LDFLAGS) \
		-o $@ $(NETWORK_SRC) -lslirp

all wedge: $(NETWORK_USER)
else
.PHONY: no-network
no-network:
	@echo '  without libslirp-dev, so previrt run --net user will be refused'
all: no-network
endif
