# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright The previrt authors
"""Reads insns.tbl. Every generator and test goes through this module."""
import os
import re
import sys

COLUMNS = ('op id cls kind mode enc len target pad shape call asm ex '
           'reads writes manual').split()
KINDS = ('priv', 'iopl', 'silent', 'ctl')
PADS = ('pfx', 'pre', 'keep', 'nop')
SHAPES = ('none', 'fix', 'rm', 'rmr', 'rrm', 'mem', 'cr', 'dr', 'sreg', 'vector')
IMMEDIATES = {'ib': 1, 'iw': 2, 'p6': 6}
CALLS = ('keep', 'stub', 'stack')
DEFAULT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'insns.tbl')


class Mnemonic:
    """One assembler name of an op: 'outw=2@32' -> name, shortest length, mode.

    'rep+vmmcall' is vmmcall with a rep prefix in the same statement."""
    def __init__(self, text, op):
        m = re.fullmatch(r'(?:(\w+)\+)?([\w]+)(!?)(?:=(\d+))?(?:@(64|32))?', text)
        if not m:
            raise ValueError(f'mnemonic {text!r}')
        self.prefix, self.name, self.intel = m[1], m[2], bool(m[3])
        self.len = int(m[4]) if m[4] else op.len
        self.modes = {m[5]} if m[5] else op.modes


class Encoding:
    """One encoding in the manual's notation; see insns.tbl."""
    def __init__(self, text, op):
        words = text.split()
        self.modes = op.modes
        self.prefix, self.map, self.opcode = 'ANY', 0, None
        self.modrm, self.mod, self.imm = 'NONE', 'any', 0
        hexes = []
        for w in words:
            if w in ('@64', '@32'):
                self.modes = {w[1:]}
            elif w == 'NP' or (w in ('66', 'F2', 'F3') and not hexes):
                self.prefix = w
            elif re.fullmatch('[0-9A-F]{2}', w):
                hexes.append(int(w, 16))
            elif re.fullmatch('/[r0-7]', w):
                self.modrm = w
            elif w in ('r', 'm'):
                self.mod = w
            elif w in IMMEDIATES:
                self.imm = IMMEDIATES[w]
            else:
                raise ValueError(f'encoding word {w!r}')
        if len(hexes) > 1 and hexes[0] == 0x0f:
            hexes.pop(0)
            self.map = 1
            if len(hexes) > 1 and hexes[0] in (0x38, 0x3a):
                self.map = {0x38: 2, 0x3a: 3}[hexes.pop(0)]
        self.opcode = hexes.pop(0)
        if hexes:
            self.modrm = hexes.pop(0)
        if hexes:
            raise ValueError(f'encoding {text!r}')


class Op:
    def __init__(self, fields):
        for name, value in zip(COLUMNS, fields):
            setattr(self, name, value)
        self.id, self.len, self.target = int(self.id), int(self.len), int(self.target)
        self.modes = {'64', '32'} if self.mode == 'both' else {self.mode}
        for value, allowed in ((self.kind, KINDS), (self.pad, PADS),
                               (self.shape, SHAPES), (self.call, CALLS)):
            if value not in allowed:
                raise ValueError(f'{value!r} is none of {allowed}')
        self.parts = self.enc.split(' + ') if ' + ' in self.enc else []
        self.encodings = [] if self.parts else [
            Encoding(e.strip(), self) for e in self.enc.split(';')]
        self.mnemonics = [] if self.asm == '-' else [
            Mnemonic(a, self) for a in self.asm.split()]
        self.examples = []
        for e in self.ex.split(';'):
            e = e.strip()
            modes = self.modes
            if '@' in e:
                e, mode = e.rsplit('@', 1)
                modes = {mode}
            self.examples.append(('' if e == '-' else e, modes))


def read(path=DEFAULT):
    ops, ids = {}, {}
    for number, line in enumerate(open(path), 1):
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        try:
            fields = [f.strip() for f in line.split('|')]
            if len(fields) != len(COLUMNS):
                raise ValueError(f'{len(fields)} columns instead of {len(COLUMNS)}')
            op = Op(fields)
            if op.op in ops or op.id in ids or not 0 < op.id < 256:
                raise ValueError('name or id is used twice, or id is out of range')
            ops[op.op] = ids[op.id] = op
        except (ValueError, IndexError) as err:
            sys.exit(f'{path}:{number}: {err}')
    return list(ops.values())


def classes(ops):
    return list(dict.fromkeys(op.cls for op in ops))
