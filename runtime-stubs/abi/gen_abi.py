#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
"""table.abi -> C header, decoders in C, assembler constants, manual tables.

usage: gen_abi.py TABLE.ABI (c|decode|doc|gas VERSION) > OUT      VERSION: previrt's own
"""
import sys

C_TYPE = {'u8': 'uint8_t', 'u16': 'uint16_t', 'u32': 'uint32_t', 'rel32': 'int32_t',
          'code32': 'int32_t'}
SIZE = {'u8': 1, 'u16': 2, 'u32': 4, 'rel32': 4, 'code32': 4}


class Abi:
    def __init__(self, path):
        self.consts, self.archs, self.notes, self.flags, self.marks = [], [], [], [], []
        self.groups, self.along = {}, {}
        self.records = {}           # 'header' or note name -> [(field, type, text)]
        record = None
        for number, line in enumerate(open(path), 1):
            text = line.split('#', 1)[0] if line.lstrip().startswith('#') else line
            if not text.strip():
                continue
            try:
                if text[0].isspace() and isinstance(record, tuple):
                    name, value, what = text.split(None, 2)
                    record[1].append((name, str(int(value)), what.strip()))
                    continue
                if text[0].isspace():
                    field, kind, what = text.split(None, 2)
                    SIZE[kind]
                    record.append((field, kind, what.strip()))
                    continue
                word = text.split()[0]
                if word == 'header':
                    record = self.records.setdefault('header', [])
                elif word == 'entry':
                    record = self.records.setdefault(text.split()[1], [])
                    if text.split()[2:3] == ['along']:
                        self.along[text.split()[3]] = text.split()[1]
                elif word == 'group':
                    record = (text.split(None, 2)[2].strip(), [])
                    self.groups[text.split()[1]] = record
                else:
                    where = {'const': self.consts, 'arch': self.archs,
                             'note': self.notes, 'flag': self.flags,
                             'mark': self.marks}[word]
                    name, value, what = text.split(None, 3)[1:]
                    where.append((name, value, what.strip()))
            except (KeyError, ValueError, AttributeError) as err:
                sys.exit(f'{path}:{number}: cannot read this line ({err!r})')

    def struct_name(self, record):
        return {'header': 'previrt_note', 'SITES': 'previrt_site',
                'COUNTERS': 'previrt_counter', 'MEMORY': 'previrt_memory',
                'LIVE': 'previrt_live', 'HOOKS': 'previrt_hook'}[record]

    def size(self, record):
        return sum(SIZE[t] for _, t, _ in self.records[record])


def c(abi):
    out = ['/* SPDX-License-Identifier: BSD-2-Clause */',
           '/* Generated from runtime-stubs/abi/table.abi; see docs/table-format.md. */',
           '#ifndef PREVIRT_ABI_H', '#define PREVIRT_ABI_H', '#include <stdint.h>', '']
    long_name = {'SECTION': 'NOTE_SECTION', 'OWNER': 'NOTE_OWNER', 'VERSION': 'ABI_VERSION',
                 'MINOR': 'ABI_MINOR'}
    named = [(long_name.get(n, n), v, t) for n, v, t in abi.consts]
    named += [('ARCH_' + n, v, t) for n, v, t in abi.archs]
    named += [('NOTE_' + n, v, t) for n, v, t in abi.notes]
    named += [('SITE_' + n, v, t) for n, v, t in abi.flags]
    named += [('MARK_' + n, v, t) for n, v, t in abi.marks]
    for group, (_, values) in abi.groups.items():
        named += [(f'{group}_{n}', v, t) for n, v, t in values]
    out += [f'#define PREVIRT_{n:<16} {v:<16} /* {t} */' for n, v, t in named]
    for record, fields in abi.records.items():
        name = abi.struct_name(record)
        out += ['', f'struct {name} {{']
        out += [f'\t{C_TYPE[t]} {f}; /* {x} */' for f, t, x in fields]
        out += ['};', f'_Static_assert(sizeof(struct {name}) == {abi.size(record)}, '
                f'"{name} has no padding");']
    return out + ['', '#endif']


def decode_field(kind, at):
    return {'u8': f'p[{at}]', 'u16': f'(uint16_t)(p[{at}] | p[{at + 1}] << 8)',
            'u32': f'abi_word(p + {at})', 'rel32': f'(int32_t)abi_word(p + {at})'}[kind]


def decode(abi):
    """A function for each kind of entry: its fields but the leading code32, whose width
    depends on the note, and the least size of an entry."""
    out = ['/* SPDX-License-Identifier: BSD-2-Clause */',
           '/* Generated from runtime-stubs/abi/table.abi, for sites/sites.c. */',
           '#ifndef PREVIRT_ABI_DECODE_H', '#define PREVIRT_ABI_DECODE_H',
           '#include "abi.h"', '',
           'static inline uint32_t abi_word(const uint8_t *p)', '{',
           '\treturn p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;', '}', '',
           '/* Returns the least size of an entry in a note of @type without the mark WIDE; 0: the',
           '   type is unknown. */',
           'static inline uint32_t abi_entry_size(uint32_t type)', '{', '\tswitch (type) {']
    out += [f'\tcase PREVIRT_NOTE_{n}: return sizeof(struct {abi.struct_name(n)});' for n, _, _ in abi.notes]
    out += ['\t}', '\treturn 0;', '}']
    for record, fields in abi.records.items():
        name, code = abi.struct_name(record), fields[0][1] == 'code32'
        out += ['', f'/* Decodes {"the fields after the first at" if code else "the fields at"} @p. */',
                f'static inline void abi_decode_{name[8:]}(const uint8_t *p, struct {name} *to)', '{']
        out += [f'\tto->{fields[0][0]} = 0;'] if code else []
        at = 0
        for field, kind, _ in fields[code:]:
            out.append(f'\tto->{field} = {decode_field(kind, at)};')
            at += SIZE[kind]
        out.append('}')
    return out + ['', '#endif']


def emit_field(name, kind):
    return {'rel32': f'.long \\{name}-.', 'code32': f'.long \\{name}-.+.Lpv_bias', 'u32': f'.long \\{name}',
            'u16': f'.word \\{name}', 'u8': f'.byte \\{name}'}[kind]


def single_section(abi, first, section):
    """Where such a note goes: the current section's group; or, if linkers are to
    drop it with the section of its site, an order by that section, in a group of
    its own, for otherwise gas warns of a note with an order."""
    plain = f'.pushsection {section},{3 * len(abi.notes)},"a?",@note'
    if first[1] != 'code32':
        return [plain]
    return ['.if .Lpv_ordered*!.Lpv_group',
            f'.pushsection {section},"aoG",@note,\\{first[0]},.Lpv_g\\@', '.else', plain, '.endif']


def single(abi, kind, note, mark, const, values='\\'):
    """A note with one entry; its first field is wide where code may be anywhere."""
    def header(size, flags):
        return [f'.long 8,{4 + size},{note[kind]}', f'.asciz {const["OWNER"]}',
                f'.byte {const["VERSION"]},.Lpv_arch,{size},{const["MINOR"]}|{flags}']
    fields, size = abi.records[kind], abi.size(kind)
    rest = [emit_field(f, t).replace('\\', values) for f, t, _ in fields]
    if fields[0][1] != 'code32':
        return header(size, 0) + rest
    return ['.if .Lpv_wide'] + header(size + 4, mark['WIDE']) + [f'.quad \\{fields[0][0]}-.'] + \
        ['.else'] + header(size, 0) + rest[:1] + ['.endif'] + rest[1:]


def gas(abi, version):
    out = ['/* Generated from runtime-stubs/abi/table.abi */']
    # Who made the tables: one string in .comment, which the linker keeps once and
    # nobody loads. The plugin defines the macro first, with more in it.
    out += ['.ifndef .Lpv_maker', '.macro previrt_maker', '.ifndef .Lpv_made',
            '.set .Lpv_made,1', f'.ident "previrt {version}"', '.endif', '.endm', '.endif']
    const = dict((n, v) for n, v, _ in abi.consts)
    section = const['SECTION'].strip('"')
    arch = dict((n, v) for n, v, _ in abi.archs)
    note = dict((n, v) for n, v, _ in abi.notes)
    mark = dict((n, v) for n, v, _ in abi.marks)
    # A note opens with its entries' subsection 0; entries go to 1, the end
    # label to 2, so that the end of the unit needs nothing. Where the current
    # section may be a member of a group, which the linker keeps or drops as a
    # whole, the entry is a note of its own and goes where the group goes. So is
    # an entry that reaches code wherever it is linked, or goes with its section.
    for kind in abi.notes:
        n = kind[0].lower()
        sub = 3 * (int(note[kind[0]]) - 1)
        out += [
            f'.macro previrt_note_{n}',
            'previrt_maker',
            f'.pushsection {section},{sub},"a",@note',
            '.balign 4',
            f'.long 8,.Lpv_note_{n}_end-.Lpv_note_{n}_desc,{note[kind[0]]}',
            f'.asciz {const["OWNER"]}',
            f'.Lpv_note_{n}_desc:',
            f'.byte {const["VERSION"]},.Lpv_arch,{abi.size(kind[0])},{const["MINOR"]}',
            f'.subsection {sub + 2}',
            f'.Lpv_note_{n}_end:',
            '.popsection',
            f'.set .Lpv_have_{n},1',
            '.endm']
        fields = abi.records[kind[0]]
        out += [f'.macro previrt_single_{n} ' + ','.join(f for f, _, _ in fields),
                'previrt_maker',
                *single_section(abi, fields[0], section), '.balign 4',
                *single(abi, kind[0], note, mark, const)]
        if kind[0] in abi.along:
            more = abi.along[kind[0]]
            out += [f'.ifdef .Lpv_{more.lower()}', '.balign 4',
                    *single(abi, more, note, mark, const, '.Lpv_'), '.endif']
        out += ['.popsection', '.endm']
        out += [f'.macro previrt_entry_{n} ' + ','.join(f for f, _, _ in fields),
                '.if .Lpv_group|.Lpv_wide|.Lpv_ordered', f'previrt_single_{n} ' + ','.join(f'\\{f}' for f, _, _ in fields),
                '.else',
                f'.ifndef .Lpv_have_{n}', f'previrt_note_{n}', '.endif',
                f'.pushsection {section},{sub + 1},"a",@note']
        out += [emit_field(f, t) for f, t, _ in fields] + ['.popsection']
        if kind[0] in abi.along:    # only where the unit has asked for it
            more = abi.along[kind[0]].lower()
            out += [f'.ifdef .Lpv_{more}',
                    f'previrt_entry_{more} ' + ','.join(f'.Lpv_{f}' for f, _, _ in
                                                        abi.records[more.upper()]), '.endif']
        out += ['.endif', '.endm']
    out += [f'.set .Lpv_bias,{const["BIAS"]}']
    out += [f'.set .Lpv_arch_{n},{v}' for n, v in arch.items()]
    out += [f'.set .Lpv_flag_{n},{v}' for n, v, _ in abi.flags]
    for group in ('MEM', 'SPACE'):
        out += [f'.set .Lpv_{group.lower()}_{n},{v}' for n, v, _ in abi.groups[group][1]]
    return out


def doc(abi):
    def table(head, rows):
        return ['| ' + ' | '.join(head) + ' |', '|' + ' --- |' * len(head)] + \
               ['| ' + ' | '.join(r) + ' |' for r in rows] + ['']
    out = table(('constant', 'value', 'meaning'), abi.consts + abi.archs)
    out += table(('note', 'type', 'holds'), abi.notes)
    for record, fields in abi.records.items():
        offset, rows = 0, []
        for f, t, x in fields:
            rows.append((str(offset), f, t, x))
            offset += SIZE[t]
        title = 'Descriptor header' if record == 'header' else f'Entry of a {record} note'
        out += [f'{title}, {offset} bytes:', ''] + table(('offset', 'field', 'type', 'meaning'), rows)
    for title, values in abi.groups.values():
        out += [title + ':', ''] + table(('name', 'number', 'meaning'), values)
    out += ['Marks of a note:', ''] + table(('mark', 'bits', 'meaning'), abi.marks)
    return out + ['Flags of a site:', ''] + table(('flag', 'bit', 'meaning'), abi.flags)


if __name__ == '__main__':
    what = sys.argv[2:3]
    if len(sys.argv) != (4 if what == ['gas'] else 3) or what[0] not in ('c', 'decode', 'gas', 'doc'):
        sys.exit(__doc__)
    print('\n'.join({'c': c, 'decode': decode, 'gas': gas, 'doc': doc}[what[0]](Abi(sys.argv[1]), *sys.argv[3:])))
