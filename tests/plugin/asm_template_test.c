// SPDX-License-Identifier: BSD-2-Clause
// Copyright The previrt authors
/*
 * The template rewriter's unit test: what goes in, what comes out. Of every
 * case it is also asked that the number of separators stays (with one more for
 * each previrt_own), and that a second run finds nothing to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm_bytes.h"
#include "asm_lex.h"
#include "asm_template.h"
#include "insns.h"

enum { M32 = 1, BASIC = 2, CALL = 4, NO_FLAGS = 8, WHOLE = 16 | BASIC };

#define SAME NULL
#define EXTABLE "\n.pushsection \"__ex_table\",\"a\"\n.long 1b-.\n.popsection\n"
#define ALT(new) "661:\n\tnop\n662:\n.pushsection .altinstr_replacement, \"ax\"\n" \
	"# ALT: replacement 1\n664:\n\t" new "\n665:\n.popsection\n"

static const struct {
	const char *in, *out;
	int flags;
} cases[] = {
	/* What a macro catches by itself stays. */
	{ "", SAME, 0 },
	{ "cli", SAME, 0 },
	{ "1: wrmsr\n2:\n", SAME, 0 },
	{ "outb %b0,%w1", SAME, 0 },
	{ "lidt %0", SAME, 0 },
	{ "rep outsb", SAME, 0 },
	{ "cpuid", SAME, 0 },

	/* mov, push, pop of special registers */
	{ "mov %%cr3,%0", "previrt_mov %%cr3,%0", 0 },
	{ "mov %0,%%cr0\n", "previrt_mov %0,%%cr0\n", 0 },
	{ "movq %%cr8,%q0", "previrt_movq %%cr8,%q0", 0 },
	{ "mov\t%0, %%db7", "previrt_mov\t%0, %%db7", 0 },
	{ "mov %%dr6 ,%0", "previrt_mov %%dr6 ,%0", 0 },
	{ "movl %k0,%%gs", "previrt_movl %k0,%%gs", 0 },
	{ "movw %%ss,%w0", "previrt_movw %%ss,%w0", 0 },
	{ "MOV %%CR3,%0", "previrt_MOV %%CR3,%0", 0 },
	{ "1:\tmovl %k0,%%fs\n2:\n", "1:\tprevirt_movl %k0,%%fs\n2:\n", 0 },
	{ "foo%=: mov %%ds,%0", "foo%=: previrt_mov %%ds,%0", 0 },
	{ "1: .Lx: \"a b\": mov %%ds,%0", "1: .Lx: \"a b\": previrt_mov %%ds,%0", 0 },
	{ "push %%fs; pop %%gs", "previrt_push %%fs; previrt_pop %%gs", 0 },
	{ "pushl %%ss", "previrt_pushl %%ss", M32 },
	{ "mov %cr3,%rax", "previrt_mov %cr3,%rax", BASIC },
	{ "mov %gs:0,%rax", SAME, BASIC },
	{ "mov %gs,%rax", "previrt_mov %gs,%rax", BASIC },
	{ "mov %%gs:0,%0", SAME, 0 },
	{ "mov %%fs :8(%1),%0", SAME, 0 },
	{ "movl $0,%%gs:foo", SAME, 0 },
	{ "mov %%gs:8,%%ds", "previrt_mov %%gs:8,%%ds", 0 },
	{ "mov %0,%1", SAME, 0 },
	{ "mov %%rax,%%rcx", SAME, 0 },
	{ "mov $cr3,%0", SAME, 0 },
	{ "mov %[cr],%%rax", SAME, 0 },
	{ "push %0", SAME, 0 },
	{ "movb %%ds:(%0),%1", SAME, 0 },
	{ "movzx %%ax,%%ecx", SAME, 0 },
	{ "lea %%cr3,%0", SAME, 0 },
	{ "mov %%cr16x,%0", SAME, 0 },
	{ "mov{q}\t{%%cr0, %0|%0, cr0}", "previrt_mov{q}\t{%%cr0, %0|%0, cr0}", 0 },
	{ ".macro m r\nmov \\r,%eax\n.endm", ".macro m r\nprevirt_mov \\r,%eax\n.endm", BASIC },
	{ "mov %%cr3, /* why */ %0", "previrt_mov %%cr3, /* why */ %0", 0 },
	{ "/* mov %%cr3,%0 */ nop", SAME, 0 },
	{ "nop # mov %%cr3,%0 ; mov %%cr3,%0", SAME, 0 },
	{ "/ mov %%cr3,%0", SAME, 0 },
	{ "// x ; mov %%cr3,%0\n mov %%cr3,%0", "// x ; mov %%cr3,%0\n previrt_mov %%cr3,%0", 0 },
	{ "nop; /* ; */ mov %%cr3,%0", "nop; /* ; */ previrt_mov %%cr3,%0", 0 },
	{ ".ascii \"a;mov %%cr3,%0\"", SAME, 0 },
	{ ".ascii \"\\\";\" ; mov %%cr3,%0", ".ascii \"\\\";\" ; previrt_mov %%cr3,%0", 0 },
	{ "cmp $';,%%al\nmov %%cr3,%0", "cmp $';,%%al\nprevirt_mov %%cr3,%0", 0 },
	{ "cmp $'\\;,%%al\nmov %%cr3,%0", "cmp $'\\;,%%al\nprevirt_mov %%cr3,%0", 0 },

	/* What the macros are told of: syntax, mode, macros of the same name */
	{ ".intel_syntax noprefix\nmov eax,cr0\n.att_syntax prefix\nmov %%cr0,%0",
	  "previrt_syntax intel,noprefix\nprevirt_mov eax,cr0\n"
	  "previrt_syntax att,prefix\nprevirt_mov %%cr0,%0", 0 },
	{ ".intel_syntax noprefix;mov eax,dword ptr fs:[ebx];mov rax,rbx;push fs;.att_syntax",
	  "previrt_syntax intel,noprefix;mov eax,dword ptr fs:[ebx];mov rax,rbx;previrt_push fs;"
	  "previrt_syntax att,prefix", 0 },
	{ ".intel_syntax;mov %%rax,%%cr3", "previrt_syntax intel,prefix;previrt_mov %%rax,%%cr3", 0 },
	{ ".att_syntax noprefix; mov cr3,rax; mov rax,rbx",
	  "previrt_syntax att,noprefix; previrt_mov cr3,rax; mov rax,rbx", BASIC },
	{ ".code32\n\tlgdtl (%eax)\n\t.code64", "previrt_code 32\n\tlgdtl (%eax)\n\tprevirt_code 64", BASIC },
	{ ".code16gcc; .CODE16", "previrt_code 16gcc; previrt_code 16", 0 },
	{ ".macro rdtsc\nnop\n.endm", "previrt_own rdtsc;.macro rdtsc\nnop\n.endm", BASIC },
	{ ".macro\tREP x, y", "previrt_own rep;.macro\tREP x, y", BASIC },
	{ ".macro mov a, b", SAME, BASIC },
	{ ".macro mov a, b", "previrt_own mov;.macro mov a, b", WHOLE },
	{ ".macro rdtsc_ordered", SAME, BASIC },

	/* Far transfers by their short names */
	{ "jmp $8,$0x1234", "ljmp $8,$0x1234", M32 },
	{ "jmpl $8, $f; calll\t$%c0 , $g", "ljmpl $8, $f; lcalll\t$%c0 , $g", M32 },
	{ "call f; jmp *(%0,%1); jmpl *%0; call *8(,%1)", SAME, M32 },

	/* gas's own prefixes */
	{ "%{load%} mov %%cr3,%0", "previrt_prefixed \"%{load%}\",mov, %%cr3,%0", 0 },
	{ "{disp32} lgdt (%rax)", "previrt_prefixed \"{disp32}\",lgdt, (%rax)", BASIC },
	{ "{disp32}  {load} mov %ds, %eax", "previrt_prefixed \"{disp32}  {load}\",mov, %ds, %eax", BASIC },
	{ "{load} mov %rax,%rbx; {nooptimize} cli; {vex} nop", SAME, BASIC },

	/* A whole file has all macros, and data among its code */
	{ "mov %cr3,%rax; sti; hlt", SAME, WHOLE },
	{ "rep\n# 7 \"a.S\"\n\tinsb", "rep insb\n# 7 \"a.S\"\n\t", WHOLE },
	{ "f: .byte 0x0f,0x01,0xca", "f: previrt_bytes clac,0x0f,0x01,0xca", WHOLE },
	{ "f: .byte 0x0f,0x01,0xca;.byte 0x0f,0x01,0xcb;ret",
	  "f: previrt_bytes clac,0x0f,0x01,0xca;previrt_bytes stac,0x0f,0x01,0xcb;ret", WHOLE },
	{ "f: .byte 0xfa; ret", SAME, WHOLE },
	{ "f: .byte 0x0f,0x01,0xca;.long 5", SAME, WHOLE },
	{ "f: .ascii \"x\"\n\n.byte 0x0f,0x01,0xca\nret", SAME, WHOLE },
	{ ".byte 0x0f,0x01,0xca; .byte 1", SAME, WHOLE },
	{ ".data; .byte 0x0f,0x01,0xca", SAME, WHOLE },
	{ "nop\n.word 0x320f\nret", "nop\nprevirt_bytes rdmsr,0x0f,0x32\nret", WHOLE },
	{ "nop; .long 0xcc010f66; ret", "nop; previrt_bytes tdcall,0x66,0x0f,0x01,0xcc; ret", WHOLE },
	{ "nop; .ascii \"\\x0f\\x01\\312\"; ret", "nop; previrt_bytes clac,0x0f,0x01,0xca; ret", WHOLE },
	{ "f: .word 0x320f; ret", SAME, WHOLE },		/* a label: data */
	{ "nop; .word 0x320f, 0; ret", SAME, WHOLE },
	{ "nop; .word 0x320f; .word 5; ret", SAME, WHOLE },
	{ "nop; .asciz \"\\x0f\\x32\"; ret", SAME, WHOLE },


	/* bytes */
	{ ".byte 0x0f,0x01,0xca", "previrt_bytes clac,0x0f,0x01,0xca", 0 },
	{ ".byte 0x0f, 0x01, 0xcb\n", "previrt_bytes stac,0x0f,0x01,0xcb\n", 0 },
	{ "1: .byte 0x0f, 0x01, 0xcf;\n\t2:\n", "1: previrt_bytes encls,0x0f,0x01,0xcf;\n\t2:\n", 0 },
	{ ".word 0x320f", "previrt_bytes rdmsr,0x0f,0x32", 0 },
	{ ".short 0x010f; .byte 0xca", "previrt_bytes clac,0x0f,0x01,0xca; ", 0 },
	{ "f: .2byte 12815; .hword 0x300f", "f: previrt_bytes rdmsr,0x0f,0x32; previrt_bytes wrmsr,0x0f,0x30", 0 },
	{ ".long 0xcc010f66", "previrt_bytes tdcall,0x66,0x0f,0x01,0xcc", 0 },
	{ ".ascii \"\\x0f\\x01\\xca\"", "previrt_bytes clac,0x0f,0x01,0xca", 0 },
	{ ".ascii \"\\0172\"", "previrt_bytes rdmsr,0x0f,0x32", 0 },
	{ ".ascii \"\\x0f\" \"\\x32\"; .ascii \"\\n\", \"2\"; .ascii \"\"", SAME, 0 },
	{ ".word 0x1320f; .word 0x320f, f; .long 0x320f; .quad 0x320f", SAME, 0 },
	{ ".byte 15,1,202", "previrt_bytes clac,0x0f,0x01,0xca", 0 },
	{ ".byte 017,01,0312", "previrt_bytes clac,0x0f,0x01,0xca", 0 },
	{ ".byte 0b1111, 0x1, 0XCA", "previrt_bytes clac,0x0f,0x01,0xca", 0 },
	{ ".byte 0x48, 0x0f,0xc7,0x2f", "previrt_bytes xsaves,0x48,0x0f,0xc7,0x2f", 0 },
	{ ".byte 0x0f,0xc7,0x1f", "previrt_bytes xrstors,0x0f,0xc7,0x1f", M32 },
	{ ".byte 0x48, 0x0f,0xae,0x27", SAME, 0 },		/* xsave64 */
	{ ".byte 0xf3,0x0f,0xc7,0xf8", "previrt_bytes rdpid,0xf3,0x0f,0xc7,0xf8", 0 },
	{ ".byte 0xfa", "previrt_bytes cli,0xfa", 0 },
	{ ".byte 0x66,0x0f,0x01,0xcc", "previrt_bytes tdcall,0x66,0x0f,0x01,0xcc", 0 },
	{ ".byte 0x66,0x0f,0x01,0xcc", SAME, M32 },
	{ ".byte 0x0f,0x01,0x38", "previrt_bytes invlpg,0x0f,0x01,0x38", 0 },
	{ ".byte 0x0f,0x01,0x7c,0x24,0x08", "previrt_bytes invlpg,0x0f,0x01,0x7c,0x24,0x08", 0 },
	{ ".byte 0x0f,0x01,0x3d,0,0,0,0", "previrt_bytes invlpg,0x0f,0x01,0x3d,0x00,0x00,0x00,0x00", 0 },
	{ ".byte 0x67,0x0f,0x01,0x3e,0,0", "previrt_bytes invlpg,0x67,0x0f,0x01,0x3e,0x00,0x00", M32 },
	{ ".byte 0x0f,0x22,0x18", "previrt_bytes mov_to_cr,0x0f,0x22,0x18", 0 },
	{ ".byte 0xcd,0x80", "previrt_bytes int,0xcd,0x80", 0 },
	{ ".byte 0xe6,0x80", "previrt_bytes out,0xe6,0x80", 0 },
	{ ".byte 0xee", "previrt_bytes out,0xee", 0 },
	{ ".byte 0xca,8,0", "previrt_bytes lret,0xca,0x08,0x00", 0 },
	{ ".byte 0xea,0,0,0,0,8,0", "previrt_bytes ljmp,0xea,0x00,0x00,0x00,0x00,0x08,0x00", M32 },
	{ ".byte 0xea,0,0,0,0,8,0", SAME, 0 },
	{ ".byte 0x66,0xea,0,0,8,0", "previrt_bytes ljmp,0x66,0xea,0x00,0x00,0x08,0x00", M32 },
	{ ".byte 0xc5,0xf8,0x77", SAME, 0 },			/* vzeroupper */
	{ ".byte 0x0f; .byte 0x01 ; .byte 0xca", "previrt_bytes clac,0x0f,0x01,0xca;  ; ", 0 },
	{ ".byte 0x48; .byte 0x0f,0x07", "previrt_bytes sysret,0x48,0x0f,0x07; ", 0 },
	{ "rep; .byte 0x0f,0x01,0xd9", "previrt_bytes vmgexit,0xf3,0x0f,0x01,0xd9; ", 0 },
	{ ".byte 0x2e\n\tja 1f", SAME, 0 },			/* vmx_ops.h: a branch hint */
	{ ".byte 0x0f,0x01", SAME, 0 },
	{ ".byte 0x0f,0x01,0xca,0x90", SAME, 0 },
	{ ".byte 0x0f, 0xb9, 0xcc", SAME, 0 },			/* ud1 of static_call.h */
	{ ".byte %c0, 0xca", SAME, 0 },
	{ ".byte (662b-661b)", SAME, 0 },
	{ ".byte 0x1fa", SAME, 0 },
	{ ".byte 0xfa,", SAME, 0 },
	{ ".byte 09", SAME, 0 },
	{ ".byte", SAME, 0 },
	{ ".byte 0x", SAME, 0 },
	{ ".byte \"x\"", SAME, 0 },
	{ ".byte 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", SAME, 0 },
	{ ".pushsection .boot,\"aw\"\nmov %%eax,%%cr4\nsti; hlt\n.byte 0x0f,0x32\n{load} mov %%ds,%%ax\n.popsection",
	  ".pushsection .boot,\"aw\"\nprevirt_mov %%eax,%%cr4\nprevirt_pair sti_hlt,\"sti\",\"hlt\"; \n.byte 0x0f,0x32\n"
	  "{load} mov %%ds,%%ax\n.popsection", 0 },
	{ ".pushsection .rodata\n.byte 0xfa\n.popsection\n.byte 0xfa",
	  ".pushsection .rodata\n.byte 0xfa\n.popsection\nprevirt_bytes cli,0xfa", 0 },
	{ ".section .data\n.byte 0xfa\n.previous\n.byte 0xfa",
	  ".section .data\n.byte 0xfa\n.previous\nprevirt_bytes cli,0xfa", 0 },
	{ ".data\n.byte 0xfa\n.text\n.byte 0xfa", ".data\n.byte 0xfa\n.text\nprevirt_bytes cli,0xfa", 0 },
	{ ".section .foo,\"ax\"\n.byte 0xfa", ".section .foo,\"ax\"\nprevirt_bytes cli,0xfa", 0 },
	{ ".section \".x y\", \"a\"\n.byte 0xfa", SAME, 0 },

	/* pairs */
	{ "# __raw_save_flags\n\tpushf ; pop %0",
	  "# __raw_save_flags\n\tprevirt_pair pushf_pop,\"pushf\",\"pop %0\" ; ", 0 },
	{ "pushfq\n\tpopq %q0", "previrt_pair pushf_pop,\"pushfq\",\"popq %q0\"\n\t", 0 },
	{ "pushfl; popl 4(%%esp)", "previrt_pair pushf_pop,\"pushfl\",\"popl 4(%%esp)\"; ", M32 },
	{ "push %0 ; popf", "previrt_pair push_popf,\"push %0\",\"popf\" ; ", 0 },
	{ "push $0x2; popfq", "previrt_pair push_popf,\"push $0x2\",\"popfq\"; ", 0 },
	{ "1: push %0 ; popf\n2:", "1: previrt_pair push_popf,\"push %0\",\"popf\" ; \n2:", 0 },
	{ "push %0 ; 1: popf", SAME, 0 },
	{ "pushf ; pop %%fs", "pushf ; previrt_pop %%fs", 0 },
	{ "pushf; nop; pop %0", SAME, 0 },
	{ "pushf; popf", SAME, 0 },
	{ "pushf; .p2align 2; pop %0", SAME, 0 },
	{ "pushf /* a */ ; # b\n pop %0", "previrt_pair pushf_pop,\"pushf\",\"pop %0\" /* a */ ; # b\n ", 0 },
	{ "pushf; pop %0; push %1; popf",
	  "previrt_pair pushf_pop,\"pushf\",\"pop %0\"; ; previrt_pair push_popf,\"push %1\",\"popf\"; ", 0 },
	{ "pushf; pop{q} %0", SAME, 0 },
	{ "pushf ; pop %0", SAME, NO_FLAGS },
	{ "sti; hlt", "previrt_pair sti_hlt,\"sti\",\"hlt\"; ", 0 },
	{ "sti\n\thlt\n", "previrt_pair sti_hlt,\"sti\",\"hlt\"\n\t\n", 0 },
	{ "sti;;\n;hlt", "previrt_pair sti_hlt,\"sti\",\"hlt\";;\n;", 0 },
	{ "sti; .byte 0x0f, 0x01, 0xc9;", "previrt_pair sti_mwait,\"sti\",\"mwait\"; ;", 0 },
	{ "sti; mwait %%eax,%%ecx", "previrt_pair sti_mwait,\"sti\",\"mwait %%eax,%%ecx\"; ", 0 },
	{ "sti; sysexit", "previrt_pair sti_sysexit,\"sti\",\"sysexit\"; ", M32 },
	{ "sti; cli", SAME, 0 },
	{ "sti; 1: hlt", SAME, 0 },
	{ "sti; rep; hlt", SAME, 0 },

	/* prefixes */
	{ "rep; outsb", "rep outsb; ", 0 },
	{ "rep\n\tinsl", "rep insl\n\t", 0 },
	{ "rep; vmmcall\n\r", "rep vmmcall; \n\r", 0 },
	{ "rep; wbinvd; repne; vmmcall", "rep wbinvd; ; repne vmmcall; ", 0 },
	{ "rex64; sysret", "rex64 sysret; ", 0 },
	{ "data16; lgdt %0", "data16 lgdt %0; ", 0 },
	{ ".byte 0x48; sysret", "rex64 sysret; ", 0 },
	{ ".byte 0xf3; outsb", "rep outsb; ", 0 },
	{ "rep; nop", SAME, 0 },
	{ "rep; movsl", SAME, 0 },
	{ "lock; addl $0,-4(%%rsp)", SAME, 0 },
	{ "rep; cli", SAME, 0 },
	{ "data16; outsw", SAME, 0 },
	{ "rex64; sysretq", SAME, 0 },
	{ "rep; 1: outsb", SAME, 0 },
	{ "rep", SAME, 0 },
	{ "rex64; sysret", SAME, M32 },
	{ "rep/outsb", "rep outsb", 0 },

	/* forced emulation */
	{ ".byte 0x0f,0x0b,0x78,0x65,0x6e ; cpuid", ".byte 0x0f,0x0b,0x78,0x65,0x6e ; %{nooptimize%} cpuid", 0 },
	{ ".byte 0x0f,0x0b,0x78,0x65,0x6e ; cpuid", ".byte 0x0f,0x0b,0x78,0x65,0x6e ; {nooptimize} cpuid", BASIC },

	/* call mode */
	{ "mov %%cr3,%0", "previrt_mov %%cr3,%0", CALL },
	{ "1: wrmsr" EXTABLE, "1: previrt_keep wrmsr" EXTABLE, CALL },
	{ "1: wrmsr" EXTABLE, SAME, 0 },
	{ "1: mov %0,%%cr4" EXTABLE, "1: previrt_keep previrt_mov %0,%%cr4" EXTABLE, CALL },
	{ "1: mov %0,%1" EXTABLE, SAME, CALL },
	{ "1: .byte 0x0f,0x01,0xcf" EXTABLE, "1: previrt_keep previrt_bytes encls,0x0f,0x01,0xcf" EXTABLE, CALL },
	{ ALT("stac"), ALT("previrt_keep stac"), CALL },
	{ ALT("stac"), SAME, 0 },
	{ ALT(".byte 0x0f,0x01,0xcb"), ALT("previrt_bytes stac,0x0f,0x01,0xcb"), 0 },
	{ ALT("pushf; pop %%rax"), ALT("previrt_keep previrt_pair pushf_pop,\"pushf\",\"pop %%rax\"; "), CALL },
	{ ALT("stac") "\ncli", ALT("previrt_keep stac") "\ncli", CALL },

	/* odd ends */
	{ "\"", SAME, 0 },
	{ "/*", SAME, 0 },
	{ "%", SAME, 0 },
	{ "%[", SAME, 0 },
	{ "{", SAME, 0 },
	{ "'", SAME, 0 },
	{ "'\\", SAME, 0 },
	{ "\"\\", SAME, 0 },
	{ ";;;\n\n", SAME, 0 },
	{ "mov %%cr3,%0 \\", "previrt_mov %%cr3,%0 \\", 0 },
};

static unsigned failures;

static void fail(const char *what, const char *in, const char *got, const char *wanted)
{
	fprintf(stderr, "%s\n  in:     %s\n  got:    %s\n  wanted: %s\n", what, in,
		got ? got : "(same)", wanted ? wanted : "(same)");
	failures++;
}

static unsigned separators(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += strchr(";\n", *text) != NULL;
	return n;
}

static unsigned own_macros(const char *text)
{
	unsigned n = 0;

	while ((text = strstr(text, "previrt_own ")))
		text++, n++;
	return n;
}

static void try_case(unsigned i)
{
	static const unsigned char no_flags[PREVIRT_CLASSES] = { [PREVIRT_CLASS_flags] = 1 };
	const struct asm_template_options o = {
		.mode64 = !(cases[i].flags & M32), .basic = cases[i].flags & BASIC,
		.whole = (cases[i].flags & WHOLE) == WHOLE,
		.call = cases[i].flags & CALL,
		.class_off = cases[i].flags & NO_FLAGS ? no_flags : NULL
	};
	struct asm_template_counts counts = { 0 };
	const char *in = cases[i].in, *wanted = cases[i].out;
	char *got = asm_template_rewrite(in, &o, &counts), *again;

	if (!got != !wanted || (got && strcmp(got, wanted)))
		fail("rewrite", in, got, wanted);
	if (!got)
		return;
	if (separators(got) - own_macros(got) != separators(in) - own_macros(in))
		fail("separators", in, got, wanted);
	/* In call mode a second run would mark the marked; it never happens. */
	again = o.call ? NULL : asm_template_rewrite(got, &o, &counts);
	if (again && strcmp(again, got))
		fail("second run", got, again, NULL);
	free(again);
	free(got);
}

int main(void)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_case(i);
	printf("%zu cases, %u failures\n", sizeof(cases) / sizeof(cases[0]), failures);
	return failures != 0;
}
