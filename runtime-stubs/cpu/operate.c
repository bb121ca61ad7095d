/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Arithmetic with its flags, computed by the real processor: each operation is here as an
 * instruction on registers, for four sizes, eight bytes apart.
 */
#include "device.h"

#define STUB_BYTES 8

#define STUB(text) text "\n\tret\n\t.balign 8\n\t"
#define TWO(name) STUB(name "b %dl, %al") STUB(name "w %dx, %ax") \
	STUB(name "l %edx, %eax") STUB(name "q %rdx, %rax")
#define WORDS(name, by) STUB("ud2") STUB(name "w " by "%dx, %ax") \
	STUB(name "l " by "%edx, %eax") STUB(name "q " by "%rdx, %rax")
#define ONE(name, by) STUB(name "b " by "%al") STUB(name "w " by "%ax") \
	STUB(name "l " by "%eax") STUB(name "q " by "%rax")
#define BY_CL "%cl, "

/* In the order of enum insn_what. rax is the first operand and the result, rdx the
   second, cl a count. */
__asm__(".pushsection .text\n\t.balign 8\noperate_stubs:\n\t"
	TWO("add") TWO("or") TWO("adc") TWO("sbb") TWO("and") TWO("sub") TWO("xor") TWO("cmp")
	ONE("rol", BY_CL) ONE("ror", BY_CL) ONE("rcl", BY_CL) ONE("rcr", BY_CL)
	ONE("shl", BY_CL) ONE("shr", BY_CL) ONE("shl", BY_CL) ONE("sar", BY_CL)
	TWO("test") TWO("test") ONE("not", "") ONE("neg", "") ONE("inc", "") ONE("dec", "")
	WORDS("bt", "") WORDS("bts", "") WORDS("btr", "") WORDS("btc", "")
	WORDS("shld", BY_CL) WORDS("shrd", BY_CL) WORDS("imul", "")
	".org operate_stubs + 29 * 4 * 8\n\t"		/* none is longer */
	".popsection");

extern const char operate_stubs[] __attribute__((visibility("hidden")));
_Static_assert(OPERATION_CALCULATED == 29, "as many as there are stubs");

uint64_t cpu_operate(enum insn_what what, unsigned size, uint64_t first, uint64_t second,
		     uint8_t count, uint64_t *flags)
{
	const char *stub = operate_stubs +
		(what * 4 + (unsigned)__builtin_ctz(size)) * STUB_BYTES;
	uint64_t now = *flags & FLAGS_ARITHMETIC;

	__asm__ volatile("pushq %[now]\n\tpopfq\n\tcall *%[stub]\n\tpushfq\n\tpopq %[now]"
			 : "+a"(first), [now] "+r"(now)
			 : "d"(second), "c"((uint64_t)count), [stub] "r"(stub)
			 : "cc", "memory");
	*flags = (*flags & ~(uint64_t)FLAGS_ARITHMETIC) | (now & FLAGS_ARITHMETIC);
	return first;
}

/* SDM volume 1, appendix B. */
int cpu_condition(unsigned code, uint64_t flags)
{
	int less = !(flags & FLAG_SF) != !(flags & FLAG_OF), holds = 0;

	switch (code >> 1 & 7) {
	case 0: holds = !!(flags & FLAG_OF); break;
	case 1: holds = !!(flags & FLAG_CF); break;
	case 2: holds = !!(flags & FLAG_ZF); break;
	case 3: holds = !!(flags & (FLAG_CF | FLAG_ZF)); break;
	case 4: holds = !!(flags & FLAG_SF); break;
	case 5: holds = !!(flags & FLAG_PF); break;
	case 6: holds = less; break;
	case 7: holds = less || flags & FLAG_ZF; break;
	}
	return holds ^ (code & 1);
}
