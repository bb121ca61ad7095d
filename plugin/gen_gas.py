#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright The previrt authors
"""insns.tbl + pack.inc + the table's gas constants -> the gas macro pack.

usage: gen_gas.py MODE ABI.INC PACK.INC   the pack for MODE (64 or 32)
       gen_gas.py header PACK64 PACK32    the header for .S files (-include)
       gen_gas.py join FILE...            the texts behind each other, without comments
       gen_gas.py strings NAME=FILE...    C strings, to build texts into programs

The output (not this program) is under the licence of pack.inc.
"""
import re
import sys

import insns

GPRS = {
    '64': [f'{p}{r}' for r in 'ax bx cx dx si di bp sp'.split() for p in ('', 'e', 'r')] +
          [f'r{n}{s}' for n in range(8, 16) for s in ('', 'd', 'w')],
    '32': [f'{p}{r}' for r in 'ax bx cx dx si di bp sp'.split() for p in ('', 'e')],
}
SPECIAL = {
    'cr': [f'cr{n}' for n in range(16)],
    'dr': [f'{p}{n}' for n in range(16) for p in ('dr', 'db')],
    'sreg': 'cs ds es fs gs ss'.split(),
}
# What .Lpv<operand> says of an operand: see previrt_look in pack.inc.
MARK = {'gpr': 1, 'cr': 2, 'dr': 4, 'sreg': 8}
PREFIXES = ('rep repe repz repne repnz lock data16 data32 addr16 addr32 rex64 rex.w '
            'rex cs ds es fs gs ss').split()


def strip(path):
    """The text without comments and blank lines: it is read once a unit."""
    text = re.sub(r'/\*.*?\*/', '', open(path).read(), flags=re.S)
    return [line.strip() for line in text.splitlines() if line.strip()]


def site(op, length, insn, shape=None):
    """A call of the site macro for one statement of this op."""
    prefixes = max(0, op.target - length)
    macro = 'previrt_site_rm' if (shape or op.shape) in ('rm', 'rmr', 'rrm') else 'previrt_site'
    return f'{macro} {op.op},{op.id},{prefixes},{op.target},{op.pad},{op.call},{insn}'


def register_ops(ops, mode):
    """mov, push and pop of special registers: {mnemonic: {shape: {direction: op}}}"""
    found = {}
    for op in ops:
        if op.shape in SPECIAL and mode in op.modes:
            way = 'from' if op.op.startswith(('mov_from', 'push')) else 'to'
            for m in op.mnemonics:
                if mode in m.modes:
                    found.setdefault(m.name, {}).setdefault(op.shape, {})[way] = (op, m.len)
    return found


def emit(mode, abi, pack):
    ops = [op for op in insns.read() if mode in op.modes]
    out = ['.ifndef .Lpv_pack', '.set .Lpv_pack,1']
    for name in ('policy', 'call', 'off', 'keep', 'full'):
        out += [f'.ifndef .Lpv_{name}', f'.set .Lpv_{name},0', '.endif']
    out += strip(abi)
    out += [f'.set .Lpv_arch,.Lpv_arch_{"X86_64" if mode == "64" else "I386"}']
    out += ['.macro previrt_prefix', '{nooptimize} ' + ('cs' if mode == '64' else 'ds'), '.endm']
    out += strip(pack)
    out += nops(mode)

    for kind, names in [('gpr', GPRS[mode])] + list(SPECIAL.items()):
        out += [f'.set ".Lpv%{n}",{MARK[kind]}' for n in names]

    registers = register_ops(ops, mode)
    for name, shapes in registers.items():
        # previrt_mov and so on always; mov itself only in the full pack.
        out += [f'.macro previrt_{name} args:vararg', 'previrt_look \\args']
        word = '.if'
        for shape, ways in shapes.items():
            for way, (op, length) in ways.items():
                last = ('' if way == 'to' else '!') + '(.Lpv_last&' + str(MARK[shape]) + ')'
                if len(ways) == 1:
                    last = '1'
                out += [f'{word} (.Lpv_seen&{MARK[shape]})&&{last}',
                        site(op, length, '{nooptimize} ' + name + ' \\args', 'rm')]
                word = '.elseif'
        out += ['.else', '{nooptimize} ' + name + ' \\args', '.endif', '.endm']
    for name in registers:
        marks = sum(MARK[s] for s in registers[name])
        # gas reads .ifdef in text that it skips, so the test is a macro's.
        test = [f'previrt_look_for {marks},\\args', '.if .Lpv_sp']
        out += ['.if .Lpv_full', f'.macro {name} args:vararg'] + test + \
               [f'previrt_{name} \\args', '.else', '{nooptimize} ' + name + ' \\args',
                '.endif', '.endm', '.endif']

    by_class = {}
    for op in ops:
        for m in op.mnemonics:
            if mode not in m.modes or op.shape in SPECIAL:
                continue
            one = m.name
            if m.prefix:            # rep vmmcall: an op of its own
                out += [f'.macro previrt_p_{m.prefix}_{one} insn:vararg',
                        site(op, m.len, '\\insn'), '.endm',
                        f'.set .Lpv_p_{m.prefix}_{one},1']
                continue
            by_class.setdefault(op.cls, []).append(one)
            out += [f'.macro previrt_i_{one} insn:vararg', site(op, m.len, '\\insn'), '.endm',
                    f'.set .Lpv_i_{one},1',
                    f'.macro {one} args:vararg']
            if one == 'int':        # gas makes int $3 a breakpoint, which is not sensitive
                out += ['.ifc \\args,$3', '{nooptimize} int $3', '.exitm', '.endif']
            out += [f'previrt_i_{one} {{nooptimize}} {one} \\args', '.endm']
        if op.parts:
            out += [f'.macro previrt_pair_{op.op} first,second',
                    f'previrt_site_pair {op.op},{op.id},{op.target - op.len},{op.target},'
                    f'{op.pad},{op.call},"\\first","\\second"', '.endm']
        else:
            shape = 'mem' if op.pad == 'nop' else 'fix'
            pad = op.pad
            out += [f'.macro previrt_b_{op.op} bytes:vararg',
                    site(op, op.len, '.byte \\bytes', shape), '.endm']
    # A prefix ahead of a sensitive instruction in one statement; .Lpv_w_ marks
    # the words that may stand there, for there may be several of them.
    out += [f'.set .Lpv_w_{prefix},1' for prefix in PREFIXES]
    for prefix in PREFIXES:
        out += [f'.macro {prefix} first,rest:vararg', '.ifb \\first', f'{{nooptimize}} {prefix}',
                f'.else', f'.ifdef .Lpv_p_{prefix}_\\first',
                f'previrt_p_{prefix}_\\first previrt_two {prefix},\\first',
                '.else', f'previrt_prefixed "{prefix}",\\first,\\rest', '.endif', '.endif', '.endm']
    out += ['.macro previrt_prefixed words,first,rest:vararg', '.ifdef .Lpv_w_\\first',
            'previrt_prefixed_more "\\words \\first",\\rest',
            '.else', '.ifdef .Lpv_i_\\first',
            'previrt_i_\\first {nooptimize} \\words \\first \\rest',
            '.else', '{nooptimize} \\words \\first \\rest', '.endif', '.endif', '.endm',
            # its own macro, so that blanks part what stood in one argument
            '.macro previrt_prefixed_more words,rest:vararg', '.ifb \\rest',
            '{nooptimize} \\words', '.else',
            'previrt_prefixed "\\words",\\rest', '.endif', '.endm']

    out += ['.macro previrt_class_off name']
    for cls in insns.classes(ops):
        out += [f'.ifc \\name,{cls}']
        for name in by_class.get(cls, []):
            out += [f'.purgem {name}', f'.purgem previrt_i_{name}',
                    f'.macro previrt_i_{name} insn:vararg', '\\insn', '.endm']
        for op in ops:
            if op.cls == cls:
                out += [f'.set .Lpv_off_{op.op},1']
        out += ['.endif']
    return out + ['.endm', '.endif']


def nops(mode):
    """previrt_nops N: N bytes of NOP instructions, N from 0 to 15."""
    long = {1: 'nop', 2: 'data16 nop', 3: 'nopl (%rax)', 4: '{disp8} nopl 0(%rax)',
            5: '{disp8} nopl 0(%rax,%rax,1)', 6: '{disp8} nopw 0(%rax,%rax,1)',
            7: '{disp32} nopl 0(%rax)'} if mode == '64' else \
           {n: 'ds;' * (n - 1) + 'nop' for n in range(1, 8)}
    out = ['.macro previrt_nops n', '.set .Lpv_n,\\n']
    for step in (7, 7, 7):
        out += [f'.if .Lpv_n>{step - 1}'] + one_nop(long[step]) + [f'.set .Lpv_n,.Lpv_n-{step}', '.endif']
    for n in range(1, 7):
        out += [f'.if .Lpv_n=={n}'] + one_nop(long[n]) + ['.endif']
    return out + ['.endm'] + fill(mode)


def fill(mode):
    """previrt_fill N: the same NOPs as bytes, which take no row of the line
    table. For behind a site, whose own row may still be pending: gas gives none
    to an instruction that is written as bytes."""
    long = {1: '90', 2: '66 90', 3: '0f 1f 00', 4: '0f 1f 40 00', 5: '0f 1f 44 00 00',
            6: '66 0f 1f 44 00 00', 7: '0f 1f 80 00 00 00 00'} if mode == '64' else \
           {n: '3e ' * (n - 1) + '90' for n in range(1, 8)}
    bytes_of = {n: '.byte ' + ','.join('0x' + b for b in text.split()) for n, text in long.items()}
    out = ['.macro previrt_fill n', '.set .Lpv_n,\\n']
    for step in (7, 7, 7):
        out += [f'.if .Lpv_n>{step - 1}', bytes_of[step], f'.set .Lpv_n,.Lpv_n-{step}', '.endif']
    for n in range(1, 7):
        out += [f'.if .Lpv_n=={n}', bytes_of[n], '.endif']
    return out + ['.endm']


def one_nop(text):
    statements = []
    for s in text.split(';'):
        s = s if s.startswith('{') else '{nooptimize} ' + s
        statements.append(s)
    return statements


def header(pack64, pack32):
    out = ['/* SPDX-License-Identifier: BSD-2-Clause */',
           '/* Generated: the previrt gas macros for assembler files, by -include. */',
           '#if defined(__ASSEMBLER__) && !defined(BUILD_VDSO) && \\',
           '    !defined(PREVIRT_EXCLUDED) && !defined(PREVIRT_PACK)',
           '#define PREVIRT_PACK', '#ifndef PREVIRT_POLICY', '#define PREVIRT_POLICY 0', '#endif',
           '.set .Lpv_policy,PREVIRT_POLICY', '.set .Lpv_full,1', '#ifdef __x86_64__']
    return out + open(pack64).read().splitlines() + ['#else'] + \
        open(pack32).read().splitlines() + ['#endif'] + \
        [line for cls in insns.classes(insns.read()) for line in (
            f'#ifdef PREVIRT_CLASS_OFF_{cls}', f'previrt_class_off {cls}', '#endif')] + ['#endif']


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
    if what == ['header'] and len(rest) == 2:
        lines = header(*rest)
    elif what == ['join'] and rest:
        lines = sum((strip(path) for path in rest), [])
    elif what == ['strings'] and rest:
        lines = strings(rest)
    elif what in (['64'], ['32']) and len(rest) == 2:
        lines = emit(what[0], *rest)
    else:
        sys.exit(__doc__)
    print('\n'.join(lines))
