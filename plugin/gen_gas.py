#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright The previrt authors
"""insns.tbl + pack.inc + the table's gas constants -> the gas macro pack.

usage: gen_gas.py pack ABI.INC PACK.INC   the pack
       gen_gas.py header PACK             the header for .S files (-include)
       gen_gas.py join FILE...            the texts behind each other, without comments
       gen_gas.py strings NAME=FILE...    C strings, to build texts into programs

The output (not this program) is under the licence of pack.inc.
"""
import re
import sys

import insns

GPRS = [f'{p}{r}' for r in 'ax bx cx dx si di bp sp'.split() for p in ('', 'e', 'r')] + \
       [f'r{n}{s}' for n in range(8, 16) for s in ('', 'd', 'w')]
SPECIAL = {
    'cr': [f'cr{n}' for n in range(16)],
    'dr': [f'{p}{n}' for n in range(16) for p in ('dr', 'db')],
    'sreg': 'cs ds es fs gs ss'.split(),
}
# What .Lpv<operand> says of an operand: see previrt_look in pack.inc.
MARK = {'gpr': 1, 'cr': 2, 'dr': 4, 'sreg': 8}
PREFIXES = ('rep repe repz repne repnz lock data16 data32 addr16 addr32 rex64 rex.w '
            'rex cs ds es fs gs ss').split()
STRINGS = [f'{word}{size}' for word in 'movs stos cmps scas lods'.split() for size in 'bwlq']


def strip(path):
    """The text without comments and blank lines: it is read once a unit."""
    text = re.sub(r'/\*.*?\*/', '', open(path).read(), flags=re.S)
    return [line.strip() for line in text.splitlines() if line.strip()]


def site(op, length, insn, shape=None):
    """A call of the site macro for one statement of this op."""
    prefixes = max(0, op.target - length)
    macro = {'rm': 'previrt_site_rm', 'rmr': 'previrt_site_rm', 'rrm': 'previrt_site_rm',
             'vector': 'previrt_site_int', 'looked': 'previrt_site_looked'}.get(shape or op.shape, 'previrt_site')
    return f'{macro} {op.op},{op.id},{prefixes},{op.target},{op.pad},{op.call},{insn}'


def register_ops(ops):
    """mov, push and pop of special registers: {mnemonic: {shape: {direction: op}}}"""
    found = {}
    for op in ops:
        if op.shape in SPECIAL:
            way = 'from' if op.op.startswith(('mov_from', 'push')) else 'to'
            for m in op.mnemonics:
                found.setdefault(m.name, {}).setdefault(op.shape, {})[way] = (op, m.len)
    return found


def known(kind, *names):
    """That a word has a macro previrt_KIND_WORD; in capitals as well, for gas
    minds the case of symbols, but not of macros."""
    return [f'.set .Lpv_{kind}_{n},1' for name in names for n in (name, name.upper())]


def settings(abi):
    """What the source may have set before, and what the assembler says: the
    object's address size tells its architecture, as gcc -Wa,--32 has it."""
    out = []
    for name in ('policy', 'call', 'off', 'keep', 'full', 'group', 'wide', 'ordered'):
        out += [f'.ifndef .Lpv_{name}', f'.set .Lpv_{name},0', '.endif']
    return out + strip(abi) + [
        '.pushsection .text', '.struct 0', '.dc.a 0', '.set .Lpv_mode,8*.', '.popsection',
        '.set .Lpv_arch,.Lpv_arch_I386', '.if .Lpv_mode==64',
        '.set .Lpv_arch,.Lpv_arch_X86_64', '.endif']


def operands():
    """Macros that set the kind of each register, in capitals as well; without a
    sign only where previrt_naked has been called with 1."""
    names = {'gpr': GPRS, **SPECIAL}
    kinds = ['.macro previrt_kinds', '.set .Lpv_kinds,1']
    special = ['.macro previrt_kinds_special', '.set .Lpv_kinds_special,1']
    naked = ['.macro previrt_naked on', '.set .Lpv_naked,\\on']
    for kind, registers in names.items():
        both = ','.join(n for r in registers for n in (r, r.upper()))
        kinds += [f'.irp r,{both}', f'.set ".Lpv%\\r",{MARK[kind]}', '.endr']
        naked += [f'.irp r,{both}', f'.set ".Lpv\\r",{MARK[kind]}*\\on']
        if kind in SPECIAL:
            special += [f'.irp r,{both}', '.set ".Lpv:%\\r",1', '.endr']
            naked += ['.set ".Lpv:\\r",1']
        naked += ['.endr']
    return kinds + ['.endm'] + special + ['.endm'] + naked + ['.endm']


def register_macros(ops):
    """previrt_mov and so on always; mov itself only in the full pack."""
    out, registers = [], register_ops(ops)
    for name, shapes in registers.items():
        out += [f'.macro previrt_r_{name} words,args:vararg', 'previrt_look 0,\\args']
        word = '.if'
        for shape, ways in shapes.items():
            for way, (op, length) in ways.items():
                last = ('' if way == 'to' else '!') + f'(.Lpv_last/{MARK[shape]}%2)'
                if len(ways) == 1:
                    last = '1'
                out += [f'{word} (.Lpv_seen/{MARK[shape]}%2)*{last}',
                        site(op, length, '{nooptimize} \\words \\args', 'looked')]
                word = '.elseif'
        out += ['.else', '{nooptimize} \\words \\args', '.endif', '.endm'] + known('r', name) + \
               [f'.macro previrt_{name} args:vararg', f'previrt_r_{name} {name},\\args', '.endm']
    for name in registers:
        # gas reads .ifdef in text that it skips, so the test is a macro's.
        test = ['previrt_look_special 0,\\args', '.if .Lpv_sp']
        out += ['.if .Lpv_full', f'.macro {name} args:vararg'] + test + \
               [f'previrt_r_{name} {name},\\args', '.else', '{nooptimize} ' + name + ' \\args',
                '.endif', '.endm', '.endif']
    return out


def op_macros(op):
    """What the plugin writes into templates: pairs and bytes of this op."""
    if op.parts:
        return [f'.macro previrt_pair_{op.op} first,second',
                f'previrt_site_pair {op.op},{op.id},{op.target - op.len},{op.target},'
                f'{op.pad},{op.call},"\\first","\\second"', '.endm']
    shape = 'mem' if op.pad == 'nop' else 'fix'
    return [f'.macro previrt_b_{op.op} bytes:vararg',
            site(op, op.len, '.byte \\bytes', shape), '.endm']


def mnemonic_macros(op, m):
    """The macro that gas finds instead of the instruction."""
    one = m.name
    if m.prefix:            # rep vmmcall: an op of its own
        return [f'.macro previrt_p_{m.prefix}_{one} insn:vararg',
                site(op, m.len, '\\insn'), '.endm'] + known(f'p_{m.prefix}', one)
    return [f'.macro {one} args:vararg', site(op, m.len, f'{{nooptimize}} {one} \\args'), '.endm']


def word_macros(ops):
    """What stands behind a prefix: previrt_i_NAME takes the whole statement, and
    .Lpv_w_ marks prefixes, for there may be several. Most units of C have no prefix
    ahead of a word, so all that is one macro's text until one asks."""
    out = ['.macro previrt_know_words', '.set .Lpv_words_known,1'] + known('w', *PREFIXES)
    for op in ops:
        for m in op.mnemonics if op.shape not in SPECIAL else []:
            if not m.prefix:
                out += [f'.macro previrt_i_{m.name} insn:vararg', site(op, m.len, '\\insn'), '.endm'] + \
                       known('i', m.name)
    return out + ['.endm']


def prefix_macros():
    """A prefix ahead of a sensitive instruction in one statement."""
    out = known('n', *STRINGS)
    for prefix in PREFIXES:
        out += [f'.macro {prefix} first,rest:vararg', '.ifb \\first', f'{{nooptimize}} {prefix}',
                f'.else', f'.ifdef .Lpv_p_{prefix}_\\first',
                f'previrt_p_{prefix}_\\first previrt_two {prefix},\\first',
                '.else', f'previrt_prefixed {prefix},\\first,\\rest', '.endif', '.endif', '.endm']
    return out


def class_off(ops):
    out = ['.macro previrt_class_off name']
    for cls in insns.classes(ops):
        out += [f'.ifc \\name,{cls}']
        for op in ops:
            if op.cls != cls:
                continue
            for name in (m.name for m in op.mnemonics if not m.prefix and op.shape not in SPECIAL):
                out += [f'previrt_forget {name}']
            out += [f'.set .Lpv_off_{op.op},1']
        out += ['.endif']
    return out + ['.endm']


def emit(abi, pack):
    ops = insns.read()
    out = ['.ifndef .Lpv_pack', '.set .Lpv_pack,1'] + settings(abi) + strip(pack) + \
        nops() + operands() + register_macros(ops)
    for op in ops:
        if op.shape not in SPECIAL:
            for m in op.mnemonics:
                out += mnemonic_macros(op, m)
        out += op_macros(op)
    return out + word_macros(ops) + prefix_macros() + class_off(ops) + ['.endif']


NOP_64 = {1: 'nop', 2: 'data16 nop', 3: 'nopl (%rax)', 4: '{disp8} nopl 0(%rax)',
          5: '{disp8} nopl 0(%rax,%rax,1)', 6: '{disp8} nopw 0(%rax,%rax,1)',
          7: '{disp32} nopl 0(%rax)'}
NOP_32 = {n: 'ds;' * (n - 1) + 'nop' for n in range(1, 8)}
FILL_64 = {1: '90', 2: '66 90', 3: '0f 1f 00', 4: '0f 1f 40 00', 5: '0f 1f 44 00 00',
           6: '66 0f 1f 44 00 00', 7: '0f 1f 80 00 00 00 00'}
FILL_32 = {n: '3e ' * (n - 1) + '90' for n in range(1, 8)}


def nops():
    """previrt_nops N: N bytes of NOP instructions, N from 0 to 15.

    previrt_fill N: the same NOPs as bytes, which take no row of the line table.
    For behind a site, whose own row may still be pending: gas gives none to an
    instruction that is written as bytes."""
    def texts(table, one):
        return {n: one(text) for n, text in table.items()}

    def one_fill(text):
        return ['.byte ' + ','.join('0x' + b for b in text.split())]
    return steps('previrt_nops', texts(NOP_64, one_nop), texts(NOP_32, one_nop)) + \
        steps('previrt_fill', texts(FILL_64, one_fill), texts(FILL_32, one_fill))


def steps(name, long64, long32):
    """A macro that puts texts behind each other until they are N bytes long."""
    out = []
    for bits, long in (('', long64), ('_32', long32)):
        out += [f'.macro {name}{bits} n', '.set .Lpv_n,\\n']
        if name == 'previrt_nops' and not bits:
            out += ['.if .Lpv_intel', 'previrt_fill .Lpv_n', '.exitm', '.endif']
        if not bits:
            out += ['.if .Lpv_mode!=64', f'{name}_32 .Lpv_n', '.exitm', '.endif']
        for step in (7, 7, 7):
            out += [f'.if .Lpv_n>{step - 1}'] + long[step] + [f'.set .Lpv_n,.Lpv_n-{step}', '.endif']
        for n in range(1, 7):
            out += [f'.if .Lpv_n=={n}'] + long[n] + ['.endif']
        out += ['.endm']
    return out


def one_nop(text):
    statements = []
    for s in text.split(';'):
        s = s if s.startswith('{') else '{nooptimize} ' + s
        statements.append(s)
    return statements


def header(pack):
    out = ['/* SPDX-License-Identifier: BSD-2-Clause */',
           '/* Generated: the previrt gas macros for assembler files, by -include. */',
           '/* -undef leaves no __GNUC__: that is a device tree or the like. */',
           '#if defined(__ASSEMBLER__) && defined(__GNUC__) && !defined(BUILD_VDSO) && \\',
           '    !defined(LINKER_SCRIPT) && !defined(PREVIRT_EXCLUDED) && !defined(PREVIRT_PACK)',
           '#define PREVIRT_PACK', '#ifndef PREVIRT_POLICY', '#define PREVIRT_POLICY 0', '#endif',
           '.set .Lpv_policy,PREVIRT_POLICY', '.set .Lpv_full,1']
    return out + open(pack).read().splitlines() + \
        [line for cls in insns.classes(insns.read()) for line in (
            f'#ifdef PREVIRT_CLASS_OFF_{cls}', f'previrt_class_off {cls}', '#endif')] + [
            '#ifdef PREVIRT_WIDE', 'previrt_part 1,0', '#endif',
            '#ifdef PREVIRT_GC_SECTIONS', '.set .Lpv_ordered,1', '#endif',
            '#ifdef PREVIRT_RECORD', 'previrt_part .Lpv_wide,1', '#endif',
            '.set .Lpv_ready,1', '#endif']


def strings(args):
    out = ['/* Generated: texts to build in. */']
    for arg in args:
        name, path = arg.split('=', 1)
        out.append(f'static const char {name}[] =')
        for line in open(path):
            line = line.rstrip('\n').replace('\\', '\\\\').replace('"', '\\"')
            out.append(f'\t"{line}\\n"')
        out.append('\t"";')
    return out


if __name__ == '__main__':
    what, rest = sys.argv[1:2], sys.argv[2:]
    if what == ['header'] and len(rest) == 1:
        lines = header(*rest)
    elif what == ['join'] and rest:
        lines = sum((strip(path) for path in rest), [])
    elif what == ['strings'] and rest:
        lines = strings(rest)
    elif what == ['pack'] and len(rest) == 2:
        lines = emit(*rest)
    else:
        sys.exit(__doc__)
    print('\n'.join(lines))
