-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright The previrt authors
--
-- For pandoc: links between the texts become links between the pages, links to files that
-- have no page become their text, wide tables can be scrolled, the page's own line in the
-- navigation is marked, and its title is its first heading.
local here

function Link(link)
  if link.target:match('^%a+:') or link.target:match('^#') then return link end
  local page, fragment = link.target:match('^([%w-]+)%.md(.*)$')
  if not page then return link.content end
  link.target = page .. '.html' .. fragment
  return link
end

function Table(tbl)
  return pandoc.Div({ tbl }, { class = 'wide', tabindex = '0' })
end

local function name_page(meta)
  here = pandoc.utils.stringify(meta.page)
  for _, group in ipairs(meta.groups) do
    for _, page in ipairs(group.pages) do
      if pandoc.utils.stringify(page.file) == here then page.current = true end
    end
  end
end

function Pandoc(doc)
  name_page(doc.meta)
  for _, block in ipairs(doc.blocks) do
    if block.t == 'Header' then
      doc.meta.title = pandoc.MetaString(pandoc.utils.stringify(block))
      return doc
    end
  end
  error(here .. ' has no heading')
end
