# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# make install, make uninstall: what is installed, and where. Variables:
# prefix, DESTDIR and the directories below; B, GEN, Q, VERSION, PLUGIN_FILES
# (see GNUmakefile). Nothing outside $(DESTDIR) is written, and each file is
# renamed into place whole.
#
# The program finds its own files from where it stands (../lib/previrt,
# ../share/previrt), so these two directories cannot be chosen apart from it.

bindir ?= $(prefix)/bin
datarootdir ?= $(prefix)/share
includedir ?= $(prefix)/include
mandir ?= $(datarootdir)/man
docdir ?= $(datarootdir)/doc/previrt
pkgconfigdir ?= $(datarootdir)/pkgconfig
completionsdir ?= $(datarootdir)/bash-completion/completions
zshdir ?= $(datarootdir)/zsh/site-functions
fishdir ?= $(datarootdir)/fish/vendor_completions.d
pluginsdir := $(prefix)/lib/previrt
previrtdir := $(prefix)/share/previrt

install_man := $(wildcard runtime-stubs/cli/man/*.[1-9])
install_doc := README COPYING $(wildcard docs/*.md)
# Directories of our own: uninstall removes them too, once they are empty.
install_own := $(pluginsdir) $(previrtdir) $(includedir)/previrt $(docdir)

# $(call install_as,MODE,DIRECTORY,FILES): one "mode source destination" a file
install_as = $(foreach f,$(3),$(1):$(f):$(2)/$(notdir $(f)))
install_list = \
	$(call install_as,0755,$(bindir),$(B)/bin/previrt) \
	$(foreach f,$(wildcard $(B)/gcc-*/previrt.so),0644:$(f):$(pluginsdir)/$(f:$(B)/%=%)) \
	$(call install_as,0644,$(pluginsdir)/wedge,$(XENPV_WEDGE) $(LOADER)) \
	$(call install_as,0755,$(pluginsdir)/wedge,$(PROCESS_WEDGE) $(NETWORK_USER) $(SHARE_FOLDER)) \
	$(call install_as,0644,$(previrtdir),$(GEN)/pack.h $(GEN)/gas_pack.inc $(GEN)/insns.c runtime-stubs/cli/schema.json) \
	$(call install_as,0644,$(previrtdir)/stubs,$(addprefix $(GEN)/stubs_,native.inc count.inc percpu.inc)) \
	$(call install_as,0644,$(previrtdir)/stubs/examples,$(wildcard runtime-stubs/native/examples/*)) \
	$(call install_as,0644,$(previrtdir),$(wildcard runtime-stubs/cli/exemptions/*)) \
	$(call install_as,0644,$(previrtdir)/guests,$(wildcard plugin/guests/*.guest)) \
	$(call install_as,0644,$(previrtdir)/kbuild,runtime-stubs/kbuild/GNUmakefile) \
	$(call install_as,0755,$(previrtdir)/kbuild,$(addprefix runtime-stubs/kbuild/,deb-headers dkms-check)) \
	$(call install_as,0644,$(previrtdir)/kbuild,$(wildcard runtime-stubs/kbuild/dkms-*.conf)) \
	$(call install_as,0644,$(includedir)/previrt,$(GEN)/abi.h $(GEN)/insns.h) \
	$(foreach f,$(install_man),0644:$(f):$(mandir)/man$(subst .,,$(suffix $(f)))/$(notdir $(f))) \
	0644:runtime-stubs/completion/previrt.bash:$(completionsdir)/previrt \
	0644:runtime-stubs/completion/previrt.zsh:$(zshdir)/_previrt \
	0644:runtime-stubs/completion/previrt.fish:$(fishdir)/previrt.fish \
	$(call install_as,0644,$(docdir),$(install_doc))

.PHONY: install uninstall
# Both cut a line of the list into mode, source and destination.
install: all
	$(say) INSTALL $(DESTDIR)$(prefix)
	$(Q)set -e; for line in $(install_list); do \
		mode=$${line%%:*} from=$${line#*:}; to='$(DESTDIR)'$${from#*:}; from=$${from%%:*}; \
		install -D -m $$mode "$$from" "$$to.new"; mv -f "$$to.new" "$$to"; \
	done
	$(Q)set -e; to='$(DESTDIR)$(pkgconfigdir)/previrt.pc'; mkdir -p "$${to%/*}"; \
	sed -e 's|@prefix@|$(prefix)|' -e 's|@includedir@|$(includedir)|' \
		-e 's|@VERSION@|$(VERSION)|' runtime-stubs/previrt.pc.in > "$$to.new"; \
	chmod 0644 "$$to.new"; mv -f "$$to.new" "$$to"

uninstall:
	$(say) UNINST $(DESTDIR)$(prefix)
	$(Q)for line in $(install_list); do \
		to=$${line#*:}; rm -f '$(DESTDIR)'"$${to#*:}"; \
	done
	$(Q)rm -f '$(DESTDIR)$(pkgconfigdir)/previrt.pc' \
		$(patsubst %,'$(DESTDIR)$(pluginsdir)'/gcc-%/previrt.so,11 12)
	$(Q)for dir in $(patsubst %,'$(DESTDIR)%',$(install_own)); do \
		[ ! -d "$$dir" ] || find "$$dir" -depth -type d -exec rmdir --ignore-fail-on-non-empty {} +; \
	done

# The Debian packages, in $(B)/deb: what git knows of this folder, with the
# packaging put into place. Its changelog says the version, and the date that the
# packages' files have.
DEB := $(B)/deb
DEB_SOURCE := $(DEB)/previrt-$(VERSION)
.PHONY: deb
deb:
	$(Q)for tool in dpkg-buildpackage dh git; do command -v $$tool > /dev/null || { \
		echo "make deb: $$tool is missing: apt-get install dpkg-dev debhelper git" >&2; exit 1; }; done
	$(Q)[ "$$(dpkg-parsechangelog -l runtime-stubs/debian/changelog -S Version)" = $(VERSION) ] || { \
		echo "make deb: runtime-stubs/debian/changelog is not of version $(VERSION)" >&2; exit 1; }
	$(say) EXPORT $(DEB_SOURCE)
	$(Q)rm -rf $(DEB) && mkdir -p $(DEB_SOURCE) && \
		git ls-files -z | tar --null -T - -c | tar -x -C $(DEB_SOURCE) && \
		cp -r runtime-stubs/debian $(DEB_SOURCE)/debian && \
		find $(DEB_SOURCE) -exec touch -h -d "$$(dpkg-parsechangelog -l runtime-stubs/debian/changelog -S Date)" {} +
	$(say) DEB "$(DEB) (some minutes; its words: $(DEB)/log)"
	$(Q)cd $(DEB_SOURCE) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc > ../log 2>&1 || \
		{ tail -n 20 $(abspath $(DEB))/log >&2; exit 1; }
	$(Q)cd $(DEB) && ls -1 *.deb *.dsc
