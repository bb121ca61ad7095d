#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
"""gen_plot.py SAMPLES: lines "KERNEL|OPERATION|SIZE|COUNT" as an SVG on standard
output: a panel for each operation, both axes logarithmic, a line for each kernel."""
import math
import sys
from html import escape

KERNELS = (('native', '#7a7a7a'), ('pv_ops', '#c2571a'), ('wedge', '#1f5fa8'))
UNITS = {'hop': 'processes'}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 380, 280, 62, 44, 34, 14


def read(path):
    panels = {}
    for line in open(path):
        kernel, operation, size, count = line.rstrip('\n').split('|')
        panels.setdefault(operation, {}).setdefault(kernel, []).append((int(size), float(count)))
    return panels


def text(x, y, words, anchor='middle', size=11, more=''):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'{more}>{escape(words)}</text>')


def panel(operation, lines, left):
    """The SVG elements of one operation, its left edge at left."""
    points = [p for line in lines.values() for p in line]
    low_x, high_x = min(p[0] for p in points), max(p[0] for p in points)
    low_y = 10 ** math.floor(math.log10(min(p[1] for p in points)))
    high_y = 10 ** math.ceil(math.log10(max(p[1] for p in points)))

    def x_of(size):
        part = math.log(size / low_x) / math.log(high_x / low_x) if high_x > low_x else 0.5
        return left + LEFT + part * (WIDTH - LEFT - RIGHT)

    def y_of(count):
        part = math.log(count / low_y) / math.log(high_y / low_y)
        return HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)

    out = [text(left + (WIDTH + LEFT) / 2, 20, operation, size=13)]
    edge = left + LEFT, left + WIDTH - RIGHT
    tick = low_y
    while tick <= high_y:
        out += [f'<path d="M{edge[0]} {y_of(tick):.1f}H{edge[1]}" stroke="#ddd"/>',
                text(edge[0] - 6, y_of(tick) + 4, f'{tick:,.0f}', 'end')]
        tick *= 10
    for size in sorted({p[0] for p in points}):
        out.append(text(x_of(size), HEIGHT - BOTTOM + 16, str(size)))
    out.append(text(left + (WIDTH + LEFT) / 2, HEIGHT - 8, UNITS.get(operation, 'MiB touched')))
    for kernel, colour in KERNELS:
        line = sorted(lines.get(kernel, []))
        if line:
            way = 'L'.join(f'{x_of(s):.1f} {y_of(c):.1f}' for s, c in line)
            out.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
            out += [f'<circle cx="{x_of(s):.1f}" cy="{y_of(c):.1f}" r="3" fill="{colour}">'
                    f'<title>{kernel}: {c:,.0f} instructions</title></circle>' for s, c in line]
    return out


def main():
    panels = read(sys.argv[1])
    total = WIDTH * len(panels)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{HEIGHT + 24}" '
           f'font-family="sans-serif" viewBox="0 0 {total} {HEIGHT + 24}">',
           f'<rect width="{total}" height="{HEIGHT + 24}" fill="white"/>']
    for i, (operation, lines) in enumerate(panels.items()):
        out += panel(operation, lines, i * WIDTH)
    for i, (kernel, colour) in enumerate(KERNELS):
        x = LEFT + i * 110
        out += [f'<path d="M{x} {HEIGHT + 10}h20" stroke="{colour}" stroke-width="2"/>',
                text(x + 26, HEIGHT + 14, kernel, 'start')]
    out.append(text(LEFT + 340, HEIGHT + 14, 'instructions for one operation', 'start'))
    print('\n'.join(out + ['</svg>']))


if __name__ == '__main__':
    main()
