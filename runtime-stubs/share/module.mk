# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# share-folder: the program that shares a folder of this host with a guest in a process.

SHARE := runtime-stubs/share
SHARE_SRC := $(addprefix $(SHARE)/,main.c sandbox.c answer.c message.c files.c look.c data.c change.c setattr.c)
SHARE_FOLDER := $(B)/wedge/share-folder

$(SHARE_FOLDER): $(SHARE_SRC) $(wildcard $(SHARE)/*.h)
	$(say) CC $@
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -D_GNU_SOURCE $(HOSTCFLAGS) $(WARN) $(LDFLAGS) \
		-o $@ $(SHARE_SRC)

all wedge: $(SHARE_FOLDER)
