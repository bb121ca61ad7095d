#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
"""entries.tbl, states.tbl and plugin/insns.tbl -> the guest's tables and code.

usage: gen_conformance.py (kernel|user)

kernel  the rows of both tables, and each entry as the kernel runs it; assembled
        behind the pack, so that its instructions are sites
user    each entry as user mode runs it, in 64-bit and in compatibility mode, and as
        the kernel runs what traps where it is no site; assembled without the pack
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../../../plugin'))
import insns  # noqa: E402

MODES = 'kucr'
REGISTERS = ('ax', 'cx', 'dx')
FILL = {'ax': 0x11111111, 'cx': 0x22222222, 'dx': 0x33333333}
# Of what is privileged, classes that reach the wedge where they are no sites; the
# others a hypervisor may carry out itself.
TRAPPING = ('if desc io iostr tlb cache smap swapgs transfer vmx svm cet sgx misc').split()
MOST = 64		# bytes of an entry in user mode; states
GATES = (*range(0x21), 0x40, 0x7f, 0x80, 0x81, 0xff)	# vectors that run in other states, too


def table(name, columns):
    for number, line in enumerate(open(os.path.join(HERE, name)), 1):
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        fields = [f.strip() for f in line.split('|')]
        if len(fields) != columns:
            sys.exit(f'{name}:{number}: {len(fields)} columns instead of {columns}')
        yield fields


def traps(op):
    return op.kind in ('priv', 'iopl') and op.cls in TRAPPING and not op.parts


class Entry:
    def __init__(self, name, asm, registers, modes, op):
        self.name, self.asm, self.op = name, asm, op
        self.careful = 'K' in modes
        self.volatile = 'v' in modes
        self.swaps = 's' in modes
        self.modes = ''.join(m for m in 'kuc' if m in modes.lower()) or 'kuc'
        if op and 'k' in self.modes and traps(op):
            self.modes += 'r'
        self.values = dict(FILL)
        for word in () if registers == '-' else registers.split():
            register, value = word.split('=')
            if register not in REGISTERS:
                sys.exit(f'{name}: no register {register}')
            self.values[register] = int(value, 16)

    def code(self, mode):
        """The statements; of 32-bit code, with its registers."""
        asm = self.asm
        if mode == 'c':
            asm = re.sub(r'%r([abcd]x|[sd]i|[sb]p)\b', r'%e\1', asm)
        return asm.replace(';', '\n\t')


def derived(op):
    """An entry from the first forms of insns.tbl, its memory operand at rbx."""
    mnemonic = op.mnemonics[0]
    example, modes = op.examples[0]
    asm = ' '.join(filter(None, (mnemonic.prefix, mnemonic.name, example)))
    asm = re.sub(r'\(%[er].x\)', '(%rbx)', asm)
    runs = ''.join(m for m in 'kuc' if ('32' if m == 'c' else '64') in op.modes & mnemonic.modes)
    return Entry(op.op, asm, '-', runs, op)


def entries(ops):
    written = []
    for name, asm, registers, modes in table('entries.tbl', 4):
        op = ops.get(name.split('.')[0])
        written.append(Entry(name, asm, registers, modes, op))
    have = {e.op for e in written} | {ops['int']}
    # gas makes the one byte of int3 of "int $3".
    written += [Entry(f'int.{n:02x}', f'int ${n:#x}' if n != 3 else '.byte 0xcd, 3',
                      '-', '-', ops['int']) for n in range(256)]
    return written + [derived(op) for op in ops.values()
                      if op not in have and not op.parts and op.mnemonics]


def governed(entry, state, words):
    """Does @state, which governs @words (ops, classes, entries, *), ask for @entry?"""
    if entry.name.startswith('int.') and int(entry.name[4:], 16) not in GATES:
        return state == 'base'
    for word in words.split():
        names = {entry.name, entry.name.split('.')[0]}
        if entry.op:
            names.add(entry.op.cls)
        if word == '*' or word in names:
            return True
    return False


def kernel(all_entries):
    states = list(table('states.tbl', 4))
    print('\t.text')
    for i, e in enumerate(all_entries):
        if 'k' in e.modes:
            print(f'k_{i}:\n\t{e.code("k")}\nk_{i}_end:\n\tud2\n\tud2')
    for i, (name, setup, flags, governs) in enumerate(states):
        setup = '' if setup == '-' else setup.replace(';', '\n\t')
        print(f's_{i}:\n\t{setup}\n\tret')
    print('\t.pushsection .rodata\n\t.balign 8\nstates:')
    for i, (name, setup, flags, governs) in enumerate(states):
        print(f'\t.quad 7f, s_{i}, {0 if flags == "-" else flags}\n'
              f'\t.pushsection .rodata.names\n7:\t.asciz "{name}"\n\t.popsection')
    print('states_end:\nentries:')
    for i, e in enumerate(all_entries):
        mask = sum(1 << n for n, s in enumerate(states) if governed(e, s[0], s[3]))
        code = ', '.join(f'{m}_{i}, {m}_{i}_end' if m in e.modes else '0, 0' for m in MODES)
        values = ', '.join(f'{e.values[r]:#x}' for r in REGISTERS)
        flags = e.careful + 2 * e.volatile + 4 * e.swaps
        print(f'\t.quad 7f, {code}, {mask:#x}, {values}, {flags}\n'
              f'\t.pushsection .rodata.names\n7:\t.asciz "{e.name}"\n\t.popsection')
    print('entries_end:\n\t.popsection')
    assert len(states) <= MOST


def user(all_entries):
    for mode, bits, section in (('u', 64, '.rodata.user, "a"'), ('c', 32, '.rodata.user, "a"'),
                                ('r', 64, '.text')):
        print(f'\t.section {section}\n\t.code{bits}')
        for i, e in enumerate(all_entries):
            if mode in e.modes:
                name = f'{mode}_{i}'
                print(f'\t.globl {name}, {name}_end\n{name}:\n\t{e.code(mode)}\n{name}_end:\n'
                      f'\tud2\n\t.if . - {name} > {MOST}\n\t.error "{e.name} is too long"\n\t.endif')
    print('\t.section .note.GNU-stack, "", @progbits')


if __name__ == '__main__':
    if len(sys.argv) != 2 or sys.argv[1] not in ('kernel', 'user'):
        sys.exit(__doc__)
    ops = {op.op: op for op in insns.read()}
    {'kernel': kernel, 'user': user}[sys.argv[1]](entries(ops))
