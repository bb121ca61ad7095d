# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# insns.tbl -> what call.inc must know of single instructions: ops that are one
# instruction however they are spelled (shape none, one encoding), and those
# whose bytes name no register and no memory (no ModRM byte).
BEGIN { FS = " *[|] *" }
/^#/ || $11 != "stub" { next }
$10 == "none" && $6 !~ /;/ { print ".set .Lpv_plain_" $1 ",1" }
($10 == "fix" || $6 ~ /;/) && $6 !~ /[\/+]/ { print ".set .Lpv_bytes_" $1 ",1" }
