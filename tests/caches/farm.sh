# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
#
# A compile farm of icecc's: a scheduler and two daemons, local and remote, the latter in a
# file-system namespace without the plugin; to be sourced behind common.sh. They end with
# the namespace that enter_namespace made.
PATH=$PATH:/usr/sbin

# farm_needs: ahead of enter_namespace
farm_needs() {
	need icecc iceccd icecc-scheduler
	id icecc > /dev/null 2>&1 || skip "no user icecc"
}

# start_daemon NAME PORT COMMAND OPTION...: an iceccd, after COMMAND in its mounts
start_daemon() {
	local name=$1 port=$2 command=$3
	shift 3
	ICECC_TEST_SOCKET=$D/$name unshare -m --propagation private sh -c "$command"' exec "$@"' - \
		iceccd -s localhost:8767 -n previrt -N "$name" -p "$port" -u icecc \
		-b "$D/$name.d" -l "$D/$name.log" -vvv "$@" > /dev/null 2>&1 &
}

wait_for() { # TEXT FILE
	for _ in {1..300}; do
		grep -q "$1" "$2" 2> /dev/null && return
		sleep 0.1
	done
	die "never seen in ${2##*/}: $1"
}

# start_farm LOCAL REMOTE: with so many jobs each; sets D, the folder of its logs. What
# icecc compiles from here on prefers the remote daemon.
start_farm() {
	unset "${!ICECC_@}"
	D=$TMP/farm
	mkdir -p "$D/local.d" "$D/remote.d"
	chmod 777 "$D"
	chown icecc "$D/local.d" "$D/remote.d"
	mount -t tmpfs none /run && mkdir /run/icecc
	# The daemons put jobs off while the machine is busy. How busy it is is no part
	# of these tests, so they see counters that stand still.
	cat /proc/stat > "$TMP/stat" && mount --bind "$TMP/stat" /proc/stat || die "cannot hide the load"
	export ICECC_TESTS=1 ICECC_ENV_COMPRESSION=none ICECC_TEST_SCHEDULER_PORTS=8767:8769
	icecc-scheduler -p 8767 -n previrt -u icecc -l "$D/scheduler.log" -vvv > /dev/null 2>&1 &
	wait_for "scheduler ready" "$D/scheduler.log"
	start_daemon local 10246 "" --no-remote -m "$1"
	start_daemon remote 10247 "mount -t tmpfs none '$PREFIX/lib/previrt' &&" -m "$2"
	wait_for "login local" "$D/scheduler.log"
	wait_for "login remote" "$D/scheduler.log"
	export ICECC_TEST_SOCKET=$D/local ICECC_TEST_REMOTEBUILD=1 ICECC_PREFERRED_HOST=remote
	export ICECC_DEBUG=debug ICECC_LOGFILE=$D/icecc.log
}
