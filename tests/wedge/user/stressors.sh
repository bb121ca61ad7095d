#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# In the guest: stress-ng's stressors of /stressors.list, one after the other, and how
# each has ended. 0: passed; 2: failed; 3, 4: this kernel cannot do it.
mkdir -p /tmp/stress
cd /tmp/stress || exit 1
n=0
while read -r name; do
	/bin/busybox timeout -s KILL 90 /usr/bin/stress-ng --quiet --temp-path /tmp/stress --no-rand-seed \
		--timeout 8 --"$name" "${PREVIRT_STRESSORS:-1}" --"$name-ops" 20 > /tmp/words 2>&1 < /dev/null
	status=$?
	echo "stressor $name: status $status"
	[ $status -eq 0 ] || sed 's/^/# /' /tmp/words
	rm -rf /tmp/stress/*
	n=$((n + 1))
done < /stressors.list
echo "$n stressors ran"
[ $n -gt 0 ]
