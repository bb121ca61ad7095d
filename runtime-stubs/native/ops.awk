# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# insns.tbl -> what call.inc must know of single instructions: ops that are one
# instruction however they are spelled (shape none), and those whose bytes hold
# no ModRM byte (shape fix, no / in the encodings).
BEGIN { FS = " *[|] *" }
/^#/ || $11 != "stub" { next }
$10 == "none" { print ".set .Lpv_plain_" $1 ",1" }
$10 == "fix" && $6 !~ /[\/+]/ { print ".set .Lpv_bytes_" $1 ",1" }
