#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# debhelper's add-on previrt: what is compiled gets the flags of `previrt
# --cflags` and `--aflags`, and dh_previrt looks at what is shipped. The
# user's own DEB_*_APPEND, KCFLAGS and KAFLAGS are kept.
use strict;
use warnings;
use Debian::Debhelper::Dh_Lib;

# The words of `previrt $option`; a build without them must not go on.
sub previrt_flags {
	my ($option) = @_;
	my $words = `previrt $option`;
	error("previrt $option gives no flags: see its message above") if $? or $words eq '';
	chomp $words;
	return $words;
}

my $c = previrt_flags('--cflags');
my $assembler = previrt_flags('--aflags');
my @variables = ([DEB_CFLAGS_APPEND => $c], [DEB_CXXFLAGS_APPEND => $c],
		 [DEB_ASFLAGS_APPEND => $assembler], [KCFLAGS => $c], [KAFLAGS => $assembler]);
# dh may have asked dpkg-buildflags already, ahead of its add-ons.
push @variables, [CFLAGS => $c], [CXXFLAGS => $c], [ASFLAGS => $assembler]
	if $ENV{DH_INTERNAL_BUILDFLAGS};
for my $pair (@variables) {
	my ($name, $words) = @$pair;
	next if index($ENV{$name} // '', $words) >= 0;	# dh within dh
	$ENV{$name} = join(' ', grep { defined && $_ ne '' } $ENV{$name}, $words);
}

# Ahead of dh_strip: exemptions go by symbol.
insert_before('dh_strip', 'dh_previrt');
1;
