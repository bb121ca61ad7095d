#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
"""Assembler sources as nobody writes them, and the sites that each must have.

usage: gen_sources.py write SEED FOLDER COUNT SOURCES STATEMENTS
           COUNT files N.S of SOURCES sources, each of which begins anew in .text;
           for each N.s, the same as the preprocessor would write it, and N.sites:
           of each line with sites "LINE SECTION OP MODE [OP MODE]..."
       gen_sources.py drop FILE.S... < ERRORS
           takes out the lines in which gas finds errors, by its messages about
           FILE.s
       gen_sources.py sites FILE.S...
           the sites that are wanted: "FILE SECTION OP MODE" a line, by section;
           FILE is 0 if there is but one, else 1 and so on
"""
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SECTIONS = {'.text': '.text', '.boot': '.section .boot, "ax"', '.far': '.section .far,"ax",@progbits',
            '.writable': '.section .writable, "awx"', '.plain': '.section .plain, "aw"'}
FILLERS = {
    64: ['nop', 'mov %rax,%rbx', 'mov %gs:0,%rax', 'push %rax', 'pop %r9', 'lea 8(%rsp),%rdi',
         'int3', 'int $3', 'int $0x03', 'mov %rsp,%rbp', 'movl $5,(%rax)', 'rep movsb',
         'cs nop', 'lock incl (%rax)', 'in1: add $1,%eax', '{load} mov %rax,%rcx', 'ud2'],
    # Of no length that hangs on the mode: nothing tells it to a decoder.
    32: ['nop', 'mov %eax,%ebx', 'mov %gs:(%ebx),%eax', 'push %eax', 'pop %ecx', 'int $3',
         'rep movsb', 'lock incl (%eax)', '{load} mov %eax,%ecx', 'movl $5,(%eax)'],
    16: ['nop', 'mov %eax,%ebx', 'push %ax', 'mov %ax,%bx', 'int3', 'rep movsb'],
}
# data16 and rex.w make another instruction of some, or none (data16 xsaves).
PREFIXES = {64: 'cs ds es fs gs ss addr32'.split(),
            32: 'cs ds es fs gs ss addr16'.split(), 16: 'cs ds es'.split()}
HEAD = 2        # lines that each file begins with
PSEUDO = '{load} {store} {disp8} {disp32} {vex}'.split()


def forms():
    """{mode: [(op, statement)]}, of pairs and byte lists none."""
    found = {}
    for mode in (64, 32, 16):
        lines = subprocess.run([sys.executable, f'{HERE}/../pack/gen_cases.py', str(mode)],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        found[mode] = [(f[0], f[4]) for f in (line.split('\t') for line in lines.splitlines())
                       if not f[3].startswith(('previrt_pair', 'previrt_bytes'))]
        found[mode, 'bytes'] = [
            (f[0], [int(b, 16) for b in f[4][5:].split(',')])
            for f in (line.split('\t') for line in lines.splitlines())
            if f[3].startswith('previrt_bytes') and f[4].startswith('.byte')]
    return found


class Source:
    def __init__(self, rng, forms):
        self.rng, self.forms = rng, forms
        self.lines, self.sites, self.stack = [], [], []

    def put(self, text, *ops):
        self.lines.append(text)
        if ops:
            self.sites.append((len(self.lines), self.section, [(op, self.mode) for op in ops]))

    def one(self):
        """A sensitive statement, dressed; None as its op if it is none."""
        op, text = self.rng.choice(self.forms[self.mode])
        simple = ';' not in text
        dress = self.rng.randrange(10) if simple else 9
        if dress in (1, 4, 5):
            text = f'{self.rng.choice(PREFIXES[self.mode])} {text}'
        if dress in (2, 5):
            text = f'{self.rng.choice(PSEUDO)} {text}'
        if dress == 3:
            text = text.replace(' ', ' \t', 1).replace(',', ' , ')
        if dress in (0, 4) and '%' not in text:
            text = text.upper()
        return op, text

    def statement(self):
        op, text = self.one()
        way = self.rng.randrange(12)
        if way == 0:
            text = f'l{len(self.lines)}: {text}'
        elif way == 1:
            text = f'\t{text}\t/* cli */'
        elif way == 2:
            text = f'nop; {text} ; nop'
        elif way == 3 and ';' not in text and '{' not in text:
            return self.put(f'twice {text}', op, op)
        elif way == 4 and ';' not in text:
            return self.put(f'\t.rept 2; {text}; .endr', op, op)
        elif way == 5:
            return self.put(f'\tAS_IT_IS({text})', op) if ',' not in text else self.put(text, op)
        self.put(text, op)

    def string(self):
        # Not those with a data16: gas puts that ahead of the rep, if both are its own.
        name = self.rng.choice(['insb', 'outsb'] + ['insl', 'outsl'] * (self.mode != 16))
        self.put(f'{self.rng.choice(["rep", "REP", "repne"])}{self.rng.choice([";", " ; "])}{name}',
                 name[:-1])

    def bytes(self):
        """Only what is read as code in a file: alone, and with 0x0f at its head."""
        op, values = self.rng.choice(self.forms[64, 'bytes'])
        head = values[1] if values[0] in (0x66, 0xf2, 0xf3) and len(values) > 1 else values[0]
        if self.mode != 64 or self.section == '.plain' or head != 0x0f:
            return
        text = '.byte ' + self.rng.choice([', ', ',']).join(self.rng.choice(['%d', '0x%x', '0%o']) % v
                                                           for v in values)
        if len(values) == 2 and self.rng.randrange(2):
            text = f'.word 0x{values[1]:02x}{values[0]:02x}'
        elif self.rng.randrange(4) == 0:
            text = '.ascii "' + ''.join('\\%03o' % v for v in values) + '"'
        self.put(f'nop; {text}; nop', op)

    def turn(self):
        """Another section, mode or way of macros, at a label: where modes change
        within a stretch without one, check and verify can only guess."""
        way = self.rng.randrange(6)
        before = self.section, self.mode
        self.turned(way)
        if before != (self.section, self.mode):
            self.put(f't{len(self.lines)}:')

    def turned(self, way):
        if way == 0:
            self.section = self.rng.choice(list(SECTIONS))
            self.put('\t' + SECTIONS[self.section])
        elif way == 1 and len(self.stack) < 3:
            self.stack.append(self.section)
            self.section = self.rng.choice(list(SECTIONS))
            self.put('\t' + SECTIONS[self.section].replace('.section', '.pushsection')
                     .replace('.text', '.pushsection .text', 1)
                     if self.section == '.text' else
                     '\t' + SECTIONS[self.section].replace('.section', '.pushsection'))
        elif way == 2 and self.stack:
            self.section = self.stack.pop()
            self.put('\t.popsection')
        elif way < 5:
            self.mode = self.rng.choice([64, 64, 32, 16])
            self.put(f'\t.code{self.mode}')
        else:
            self.put('\t.altmacro')
            self.put(*reversed(self.one()))
            self.put('\t.noaltmacro')

    def head(self):
        self.put('#define AS_IT_IS(x) x')
        self.put('\t.macro twice insn:vararg; \\insn; \\insn; .endm')

    def write(self, statements):
        while self.stack:
            self.stack.pop()
            self.put('\t.popsection')
        self.mode, self.section = 64, '.text'
        self.put(f'\t.text; .code64; b{len(self.lines)}:')
        for _ in range(statements):
            way = self.rng.randrange(20)
            if way < 11:
                self.statement()
            elif way < 14:
                self.put(self.rng.choice(FILLERS[self.mode]).replace('in1:', f'f{len(self.lines)}:'))
            elif way < 15:
                self.string()
            elif way < 17:
                self.bytes()
            else:
                self.turn()


def put_lines(path, lines):
    with open(path, 'w') as f:
        f.write('\n'.join(lines) + '\n')
    with open(path[:-1] + 's', 'w') as f:
        f.write(re.sub(r'AS_IT_IS\((.*)\)$', r'\1', '\n'.join(lines), flags=re.M) + '\n')


def write(seed, folder, count, sources, statements):
    known, rng = forms(), random.Random(int(seed))
    for n in range(int(count)):
        source = Source(rng, known)
        source.head()
        for _ in range(int(sources)):
            source.write(int(statements))
        put_lines(f'{folder}/{n}.S', source.lines)
        with open(f'{folder}/{n}.sites', 'w') as f:
            for line, section, ops in source.sites:
                print(line, section, *(f'{op} {mode}' for op, mode in ops), file=f)


def drop(*paths):
    """Of an error in a macro, gas names the macro's line, then whence it was called."""
    found = re.findall(r'(\w+\.)s:(\d+): +(?:Error|Info: macro invoked)', sys.stdin.read())
    for path in paths:
        bad = {int(n) for name, n in found if name == path[:-1] and int(n) > HEAD}
        lines = open(path).read().splitlines()
        for n in bad:
            lines[n - 1] = ''
        put_lines(path, lines)
        kept = [s for s in open(path[:-1] + 'sites') if int(s.split()[0]) not in bad]
        open(path[:-1] + 'sites', 'w').writelines(kept)


def sites(*paths):
    for n, path in enumerate(paths, len(paths) > 1):
        wanted = {}
        for line in open(path[:-1] + 'sites'):
            words = line.split()
            for op, mode in zip(words[2::2], words[3::2]):
                wanted.setdefault(words[1], []).append(f'{n} {words[1]} {op} {mode}')
        for section in sorted(wanted):
            print('\n'.join(wanted[section]))


if __name__ == '__main__':
    commands = {'write': (write, (5,)), 'drop': (drop, range(1, 1000)), 'sites': (sites, range(1, 1000))}
    what, rest = sys.argv[1:2], sys.argv[2:]
    if not what or what[0] not in commands or len(rest) not in commands[what[0]][1]:
        sys.exit(__doc__)
    commands[what[0]][0](*rest)
