#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright The previrt authors
"""insns.tbl -> C tables and the manual's table.

usage: gen_c.py header    enums and types
       gen_c.py tables    their contents
       gen_c.py doc       docs/sensitive-instructions.md

The header and the tables (not this program) are under BSD-2-Clause, so that
a wedge may use them.
"""
import sys

import insns

MODES = {'64': 1, '32': 2}


def modes(m):
    return sum(MODES[x] for x in m)


def header(ops):
    out = ['/* SPDX-License-Identifier: BSD-2-Clause */',
           '/* Generated from plugin/insns.tbl. */',
           '#ifndef PREVIRT_INSNS_H', '#define PREVIRT_INSNS_H', '#include <stdint.h>', '',
           'enum previrt_op {', '\tPREVIRT_OP_none,']
    out += [f'\tPREVIRT_OP_{op.op} = {op.id},' for op in ops]
    out += ['};', '', 'enum previrt_class {']
    out += [f'\tPREVIRT_CLASS_{c},' for c in insns.classes(ops)] + ['\tPREVIRT_CLASSES', '};', '']
    for name, values in (('KIND', insns.KINDS), ('PAD', insns.PADS), ('CALL', insns.CALLS),
                         ('PREFIX', ('ANY', 'NP', '66', 'F2', 'F3')), ('MOD', ('any', 'r', 'm')),
                         ('MODE', ())):
        if values:
            out += [f'enum {{ ' + ', '.join(f'PREVIRT_{name}_{v}' for v in values) + ' };']
    out += ['enum { PREVIRT_MODE_64 = 1, PREVIRT_MODE_32 = 2 };', '',
            '/* ModRM of an encoding: a whole byte (0-255), or one of these. */',
            'enum {', '\tPREVIRT_MODRM_digit = 0x100, /* + digit: that reg field */',
            '\tPREVIRT_MODRM_any = 0x108,   /* /r */',
            '\tPREVIRT_MODRM_none = 0x109,', '};', '',
            '/* One sensitive instruction; the array is indexed by its number (op),',
            '   name is NULL where a number is not in use. */',
            'struct previrt_insn {', '\tconst char *name;',
            '\tuint8_t cls, kind, modes, len, target, pad, call;',
            '\tuint8_t part[2]; /* ops of a fused pair; 0: a plain push or pop */',
            '\tconst char *manual;', '};', '',
            'struct previrt_enc {', '\tuint8_t op;',
            '\tuint8_t map; /* 0: one byte; 1: 0F; 2: 0F 38; 3: 0F 3A */',
            '\tuint8_t opcode, prefix, mod, modes;', '\tuint16_t modrm;', '};', '',
            '#define PREVIRT_OP_LIMIT 256',
            'extern const struct previrt_insn previrt_insns[PREVIRT_OP_LIMIT];',
            'extern const char *const previrt_class_names[PREVIRT_CLASSES];',
            'extern const struct previrt_enc previrt_encs[];',
            'extern const unsigned previrt_enc_count;', '', '#endif']
    return out


def modrm(enc):
    if enc.modrm == 'NONE':
        return 'PREVIRT_MODRM_none'
    if enc.modrm == '/r':
        return 'PREVIRT_MODRM_any'
    if isinstance(enc.modrm, int):
        return f'{enc.modrm:#04x}'
    return f'PREVIRT_MODRM_digit + {enc.modrm[1]}'


def tables(ops):
    number = {op.op: op.id for op in ops}
    out = ['/* SPDX-License-Identifier: BSD-2-Clause */',
           '/* Generated from plugin/insns.tbl. */', '#include "insns.h"', '',
           'const char *const previrt_class_names[PREVIRT_CLASSES] = {']
    out += [f'\t"{c}",' for c in insns.classes(ops)]
    out += ['};', '', 'const struct previrt_insn previrt_insns[PREVIRT_OP_LIMIT] = {']
    for op in ops:
        parts = ', '.join(str(number.get(p, 0)) for p in op.parts) or '0, 0'
        out.append(f'\t[{op.id}] = {{ "{op.op}", PREVIRT_CLASS_{op.cls}, PREVIRT_KIND_{op.kind}, '
                   f'{modes(op.modes)}, {op.len}, {op.target}, PREVIRT_PAD_{op.pad}, '
                   f'PREVIRT_CALL_{op.call}, {{ {parts} }}, "{op.manual}" }},')
    out += ['};', '', 'const struct previrt_enc previrt_encs[] = {']
    for op in ops:
        for e in op.encodings:
            out.append(f'\t{{ {op.id}, {e.map}, {e.opcode:#04x}, PREVIRT_PREFIX_{e.prefix}, '
                       f'PREVIRT_MOD_{e.mod}, {modes(e.modes)}, {modrm(e)} }}, /* {op.op} */')
    return out + ['};', '', 'const unsigned previrt_enc_count =',
                  '\tsizeof(previrt_encs) / sizeof(previrt_encs[0]);']


def doc(ops):
    text = {'priv': 'privileged', 'iopl': 'I/O level', 'silent': 'silent', 'ctl': 'control bit'}
    out = ['<!-- SPDX-License-Identifier: BSD-2-Clause -->', '# Sensitive instructions', '',
           'Generated from plugin/insns.tbl by plugin/gen_c.py; change it there.', '',
           'Kinds: *privileged* traps outside ring 0; *I/O level* is privileged unless IOPL or the',
           'TSS allow it; *silent* runs outside ring 0 and gives or leaves wrong state, so a hypervisor',
           'that misses one is wrong without a sign; *control bit* runs outside ring 0 unless a control',
           'register forbids it.', '',
           '| number | name | class | kind | modes | encoding | site bytes | reads | writes | manual |',
           '|' + ' --- |' * 10]
    for op in ops:
        out.append(f'| {op.id} | {op.op} | {op.cls} | {text[op.kind]} | {op.mode} | `{op.enc}` | '
                   f'{op.target} | {op.reads} | {op.writes} | {op.manual} |')
    return out


if __name__ == '__main__':
    what = {'header': header, 'tables': tables, 'doc': doc}.get(' '.join(sys.argv[1:]))
    if not what:
        sys.exit(__doc__)
    print('\n'.join(what(insns.read())))
