#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
"""insns.tbl -> every mnemonic with every operand example, a line each:

    OP <tab> MNEMONIC <tab> EXAMPLE <tab> STATEMENT <tab> STATEMENT WITHOUT THE PACK

usage: gen_cases.py (64|32|16): 16 is 32 but for what gas takes there only

MNEMONIC and EXAMPLE are keys: the driver sees that each is used at least
once. Some combinations are no instruction (outb %eax,%dx); gas says which.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../plugin'))
import insns  # noqa: E402

PAIRS = {
    'sti_hlt': ('sti', 'hlt'),
    'sti_mwait': ('sti', '.byte 0x0f, 0x01, 0xc9'),
    'sti_sysexit': ('sti', 'sysexit'),
    'pushf_pop': ('pushf', 'pop %{}'),
    'push_popf': ('push %{}', 'popf'),
}


# Two prefixes in one statement, to the mnemonics that take them.
TWO_PREFIXES = {'insb': 'data16 rep', 'outsb': 'data16 rep'}


def encodings(op, mode):
    """Byte lists, one or two for each encoding of the op."""
    for e in op.encodings:
        if mode not in e.modes:
            continue
        head = {'66': [0x66], 'F2': [0xf2], 'F3': [0xf3]}.get(e.prefix, [])
        tail = [0x7f] * e.imm
        head = head + {0: [], 1: [0x0f], 2: [0x0f, 0x38], 3: [0x0f, 0x3a]}[e.map] + [e.opcode]
        if e.modrm == 'NONE':
            yield head + tail
        elif isinstance(e.modrm, int):
            yield head + [e.modrm] + tail
        else:
            digit = 0 if e.modrm == '/r' else int(e.modrm[1])
            if e.mod != 'm':
                yield head + [0xc0 | digit << 3] + tail
            if e.mod != 'r' and op.shape not in ('cr', 'dr'):
                yield head + [digit << 3] + tail


def main(bits):
    mode = '64' if bits == '64' else '32'
    for op in insns.read():
        if mode not in op.modes:
            continue
        for m in op.mnemonics:
            if mode not in m.modes:
                continue
            name = f'{m.prefix} {m.name}' if m.prefix else m.name
            if m.intel:
                print(op.op, m.name, f'{op.op}:-',
                      f'previrt_syntax intel;{m.name};previrt_syntax att',
                      f'.intel_syntax;{m.name};.att_syntax', sep='\t')
                continue
            for ex, modes in op.examples:
                if mode in modes:
                    padded = f'{name} {ex}'.strip()
                    # gas alone takes no rep in one statement with vmmcall
                    plain = padded.replace(' ', ';', 1) if m.prefix else padded
                    print(op.op, name, f'{op.op}:{ex}', padded, plain, sep='\t')
                    if m.name in TWO_PREFIXES and bits != '16':
                        two = f'{TWO_PREFIXES[m.name]} {padded}'
                        print(op.op, two.split(' (')[0], f'{op.op}:{ex}', two, two, sep='\t')
        if op.parts:
            for reg in ('rax rbx' if mode == '64' else 'eax ebx').split():
                a, b = (s.format(reg) for s in PAIRS[op.op])
                print(op.op, op.op, op.op, f'previrt_pair {op.op},"{a}","{b}"',
                      f'{a};{b}', sep='\t')
        for b in encodings(op, mode):
            text = ','.join(f'{x:#04x}' for x in b)
            print(op.op, f'bytes {text}', f'bytes {text}', f'previrt_bytes {op.op},{text}',
                  f'.byte {text}', sep='\t')


if __name__ == '__main__':
    if sys.argv[1:] not in (['64'], ['32'], ['16']):
        sys.exit(__doc__)
    main(sys.argv[1])
