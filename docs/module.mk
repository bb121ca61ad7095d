# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# make html: README and docs/*.md as static pages in $(B)/html, by pandoc. Nothing in
# them asks the network for anything; docs/site has all that is beside the text.

SITE := docs/site
HTML := $(B)/html
HTML_OF_DOCS := $(patsubst docs/%.md,$(HTML)/%.html,$(wildcard docs/*.md))
HTML_PAGES := $(HTML)/index.html $(HTML_OF_DOCS)
SITE_PARTS := $(SITE)/page.html $(SITE)/pages.yaml $(SITE)/links.lua

.PHONY: html
html: $(HTML_PAGES) $(HTML)/style.css

$(HTML)/index.html: README $(SITE_PARTS)
$(HTML_OF_DOCS): $(HTML)/%.html: docs/%.md $(SITE_PARTS)
$(HTML_PAGES):
	$(say) HTML $@
	$(Q)command -v pandoc > /dev/null || { echo "make html: pandoc is missing: apt-get install pandoc" >&2; exit 1; }
	$(Q)mkdir -p $(@D) && pandoc --from gfm --to html5 --standalone --toc --toc-depth 2 \
		--no-highlight --wrap none --template $(SITE)/page.html --metadata-file $(SITE)/pages.yaml \
		--lua-filter $(SITE)/links.lua --metadata page=$(basename $(@F)) -o $@.new $< && mv $@.new $@

$(HTML)/style.css: $(SITE)/style.css
	$(Q)mkdir -p $(@D) && cp $< $@
