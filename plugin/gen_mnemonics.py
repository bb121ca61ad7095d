#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright The previrt authors
"""insns.tbl -> the assembler names the plugin looks for.

usage: gen_mnemonics.py > mnemonics.h

A name is ASM_REGISTER if only its operands tell whether it is sensitive (mov,
push, pop): the plugin renames those in templates. All others are ASM_PLAIN: a
gas macro of the same name catches them.
"""
import insns


def main():
    names = {}
    for op in insns.read():
        kind = 'ASM_REGISTER' if op.shape in ('cr', 'dr', 'sreg') else 'ASM_PLAIN'
        for m in op.mnemonics:
            if m.prefix:
                continue
            if names.setdefault(m.name, kind) != kind:
                raise SystemExit(f'insns.tbl: {m.name} is of two kinds')
    print('/* Generated from plugin/insns.tbl by gen_mnemonics.py; sorted by name. */')
    print('static const struct asm_mnemonic asm_mnemonics[] = {')
    for name in sorted(names):
        print(f'\t{{ "{name}", {names[name]} }},')
    print('};')


if __name__ == '__main__':
    main()
