#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
"""Headers of the interface -> the tables of docs/adding-a-back-end.md.

usage: gen_iface.py backend/backend.h > OUT

The parts come in the order in which that header includes them, each of iface/*.h. The
comment at a header's top is its part's introduction. Each function and variable that a
back-end has to define stands there with its contract, the comment right above it; one
without a contract is an error.
"""
import os
import re
import sys

# A comment or none, and a declaration that ends with its first semicolon.
DECLARED = re.compile(r'(?:/\*((?:(?!\*/).)*)\*/\n)?((?:extern |_Noreturn |const |unsigned |'
                      r'int |void |u?int\d+_t |size_t |char )[^;{#]*\bbackend_\w+[^;{]*);', re.S)


def words(comment):
    return ' '.join(re.sub(r'^ ?\*', '', line).strip() for line in comment.splitlines()).strip()


def name_of(declaration):
    return re.search(r'\bbackend_\w+', declaration).group(0)


def cell(text):
    return text.replace('|', '\\|')


def part(path):
    text = open(path).read()
    comments = re.findall(r'/\*(.*?)\*/', text, re.S)
    yield '### `iface/%s`\n\n%s\n\n' % (os.path.basename(path), words(comments[2]))
    yield '| function or variable | contract |\n|---|---|\n'
    # What is defined in the header itself is nobody's task.
    text = re.sub(r'^static inline .*?^}\n', '', text, flags=re.S | re.M)
    for comment, declaration in DECLARED.findall(text[text.index('#define'):]):
        if not comment:
            sys.exit('%s: %s has no contract' % (path, name_of(declaration)))
        declaration = re.sub(r'^extern ', '', ' '.join(declaration.split()))
        yield '| `%s` | %s |\n' % (cell(declaration), cell(words(comment)))


folder = os.path.dirname(sys.argv[0])
parts = re.findall(r'#include "../iface/(\w+\.h)"', open(sys.argv[1]).read())
if sorted(parts) != sorted(name for name in os.listdir(folder) if name.endswith('.h')):
    sys.exit('%s does not include each part of %s once' % (sys.argv[1], folder))
print('\n'.join(''.join(part(os.path.join(folder, name))) for name in parts), end='')
