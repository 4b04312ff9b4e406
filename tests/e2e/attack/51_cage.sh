#!/bin/bash
# What a worker can still do that a hostile file has taken over: nothing but write files into the folder
# it was given. probe.so tries everything else from inside, and all of it must fail.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

home=$scratch/home # what an ordinary user reaches, too
mkdir "$home" "$home/bin" && cd "$home" || exit 1
chmod 711 "$scratch"
chmod 755 "$home"
cp "$BIN/seal" "$BIN/unseal" "$BIN/sealkey" "$probe" bin
PATH=$home/bin:$PATH
probe=$home/bin/probe.so
take_keys alice.pub alice.key bob.key
to=(--to "$home/alice.pub")
mkdir -p tree/sub
echo first >tree/a
maketree noise tree/sub/noise 300000
seal -q "${to[@]}" -o bag.bin tree >/dev/null
seal -q "${to[@]}" -o stream.bin - <tree/sub/noise >/dev/null
chmod 644 ./*.bin alice.pub

# Root, if we are, and somebody who is not: as USER COMMAND...
users=(me)
if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=1000 --regid=1000 --clear-groups "$home/bin/unseal" --version >/dev/null 2>&1 &&
        users+=(other)
fi
as() {
    if [ "$1" = me ]; then
        "${@:2}"
    else
        setpriv --reuid=1000 --regid=1000 --clear-groups "${@:2}"
    fi
}

# room USER NAME: a folder of that user's, with a key of its own, to be in.
room() {
    mkdir "$home/$2" && cp -p "$home/alice.key" "$home/$2/key" && mkdir "$home/$2/tree" &&
        cd "$home/$2" || exit 1
    [ "$1" = me ] || chown -R 1000:1000 "$home/$2"
}

# probing USER WHAT COMMAND...: with the attempt made; what came of it is in the file report.
probing() {
    rm -f "$report"
    as "$1" env LD_PROBE="$2" LD_PROBE_REPORT="$report" LD_PROBE_KEY="$PWD/key" LD_PROBE_ABOVE="$PWD" \
        LD_PRELOAD="$probe" "${@:3}"
}
report=report

# What the cage refuses itself; all else ends the worker. ENOENT: with namespaces nothing is above.
declare -A refusals=(
    [create-above]='EACCES|ENOENT' [folder-above]='EACCES|ENOENT' [list-above]='EACCES|ENOENT'
    [read-up]='EACCES|ENOENT' [list-here]=EACCES [list-root]=EACCES [read-back]=EACCES
    [read-absolute]=EACCES [read-input-again]=EACCES [read-key]=EACCES [read-own-memory]=EACCES
    [read-parents-memory]=EACCES [read-terminal]=EACCES [read-through-proc]=EACCES
    [memory]=ENOMEM [descriptors]=EMFILE [file-size]=EFBIG)

stopped='broke down \(it tried what it is not allowed to, and was stopped\)\. Nothing of it was kept'

# attempt USER NAME COMMAND...: runs unseal with the attempt made; prints what came of it in a word:
# killed, the error that was met, or what is wrong. Few programs: it is called hundreds of times.
attempt() {
    local result='' status before after lines line tried=0
    rm -f report
    before=$(echo .* *)
    probing "$1" "$2" "${@:3}" >"$home/out.$1" 2>"$home/err.$1"
    status=$?
    mapfile -t lines <report
    for line in "${lines[@]}"; do
        [ "$line" != "tried $2" ] || tried=$((tried + 1))
        [[ $line != "$2 "* ]] || result=${line#"$2 "}
    done
    mapfile -t lines <"$home/err.$1"
    for line in "${!lines[@]}"; do # receipts may be told there, too
        [[ ${lines[line]} == 'unseal: '* ]] || unset "lines[$line]"
    done
    if [ $tried -ne 1 ]; then
        echo "tried $tried times, status $status: ${lines[*]}"
    elif [ -n "$result" ] && { [ $status -ne 0 ] || [ ${#lines[@]} -ne "${said-0}" ]; }; then
        echo "$result, but then status $status: ${lines[*]}"
    elif [ -n "$result" ]; then
        echo "$result"
    elif [ $status -ne 6 ] || [ ${#lines[@]} -ne $((${said-0} + 1)) ] || ! [[ ${lines[-1]} =~ $stopped ]]; then
        echo "no result, and status $status: ${lines[*]}"
    else
        echo killed
    fi
    rm -f report
    [ ! -e made ] || remove made
    rm -f made.custody.*
    after=$(echo .* *)
    [ "$before" = "$after" ] || echo "left: $after"
}

# expect_attempt WHO NAME RESULT EXPECTED
expect_attempt() {
    [[ "$3" =~ ^($4)$ ]]
    judge "$2 ($1) should come to $4" $? "$3"
}

# ---- Is there a cage here? -----------------------------------------------------------------------

uncaged= # why what the cage forbids cannot be tried
scenario "a whole cage"
if ! needs_no_sanitizer; then
    uncaged='built with a sanitizer'
else
    run unseal -q --key "$home/alice.key" -o made "$home/bag.bin"
    expect_exit 0
    if [ -s "$err" ]; then
        uncaged="this system lacks a piece of it: $(cat "$err")"
        skip "$uncaged"
    else
        run unseal -q --require-sandbox --key "$home/alice.key" -o made2 "$home/bag.bin"
        expect_exit 0
        expect_no_err
    fi
fi

# For a scenario, or the half of one, about what the cage forbids.
needs_cage() {
    [ -z "$uncaged" ] && return 0
    skip "there is no whole cage: $uncaged"
    return 1
}

# ---- Everything that is forbidden ----------------------------------------------------------------

names=$(LD_PROBE=list LD_PRELOAD=$probe unseal)

# All attempts by one user, while a bag is unpacked; RESULTS gets a line for each.
try_all() {
    local name
    for name in $names; do
        [ "$name" != file-size ] || continue # takes a small disk
        echo "$name $(attempt "$1" "$name" unseal -q --key key -o made "$home/bag.bin" | tr '\n' ' ')"
    done >"$home/results.$1"
}

scenario "every forbidden thing, while a bag is unpacked"
if needs_cage; then
    for user in "${users[@]}"; do (room "$user" "all-$user" && try_all "$user") & done
    wait
    for user in "${users[@]}"; do
        count=0 failures=0
        while read -r name result; do
            if [ "$result" = impossible ]; then
                skip "$name: this kernel has no such call"
                continue
            fi
            expect_attempt "$user" "$name" "$result" "${refusals[$name]-killed}"
            count=$((count + 1))
            [[ $result =~ ^(${refusals[$name]-killed})$ ]] && failures=$((failures + 1))
        done <"$home/results.$user"
        check "many of them" test "$count" -ge 150
        printf '%s: %s attempts (%s), %s failed as they should\n' "$test_name" "$count" "$user" $failures
    done
    for name in "${!refusals[@]}"; do
        check "there is an attempt $name" grep -qx "$name" <<<"$names"
    done
    expect_same "$home/all-me/key" "$home/alice.key"
fi

# What the other tasks have is less: no folder, or one to read.
scenario "the same in other tasks"
if needs_cage; then
    few='read-absolute read-up read-key list-here create-absolute folder-absolute write-input socket-inet
        execute fork-bomb trace dumpable send-descriptor open-to-write remove map-code memory descriptors'
    user=${users[-1]}
    room "$user" "tasks-$user"
    as "$user" unseal -q --writable --key key -o read "$home/bag.bin" >/dev/null
    for task in "-o made $home/stream.bin" "--raw -o made $home/bag.bin" \
        "-o - $home/stream.bin" "--verify -o made $home/bag.bin" "--list $home/bag.bin" \
        "--extract tree/a -o made $home/bag.bin"; do
        for name in $few; do
            expected=${refusals[$name]-killed}
            # Where there is no folder, nothing can be made, and nothing opened below or above it.
            [[ $name != create-* && $name != folder-* && $name != descriptors && $name != read-up ||
                $task == --extract* ]] || expected=killed
            # shellcheck disable=SC2086 # several arguments
            expect_attempt "$user, $task" $name \
                "$(attempt "$user" $name unseal -q --key key $task)" "$expected"
        done
    done
    for name in $few create-above; do
        expected=${refusals[$name]-killed}
        case $name in create-* | folder-*) expected=killed ;; esac
        expect_attempt "$user, --recheck" "$name" "$(attempt "$user" "$name" unseal -q --recheck read)" "$expected"
    done
    expect_same key "$home/alice.key"
fi

# Some of these hold for a thread, and others for all of them.
scenario "the same on its other threads"
if needs_cage; then
    user=${users[-1]}
    room "$user" "threads-$user"
    mkdir "$home/many" # the other threads write small files
    for ((i = 0; i < 3000; i++)); do echo $i >"$home/many/$i"; done
    seal -q "${to[@]}" -o "$home/large.bin" "$home/many" >/dev/null
    chmod 644 "$home/large.bin"
    for name in $few create-above thread clone3 fork-old; do
        [ "$name" != memory ] || continue # of one thread or another, it is the same
        expect_attempt "$user" "$name" \
            "$(LD_PROBE_IN=helper attempt "$user" "$name" unseal -q --threads 2 --key key -o made "$home/large.bin")" \
            "${refusals[$name]-killed}"
    done
fi

# ---- What it is, and has -------------------------------------------------------------------------

scenario "nothing but its own descriptors, environment and arguments"
cp "$home/alice.key" key
run probing me state unseal -q --key key --passphrase-fd 9 -o made "$home/bag.bin" 300<"$home/bob.key" 7<"$home/bob.key" \
    9<<<secret
expect_exit 0
grep '^open ' report | uniq >opened
if needs_no_sanitizer; then
    head -n 6 opened >first
    printf 'open %s\n' '0 pipe' '1 nothing' '2 nothing' '3 socket' '4 file' '5 folder' >want
    expect_same want first
    # As it starts, and with content being read.
    expect_same <(cat want want) opened
fi
check "no argument" test "$(grep '^arg ' report)" = 'arg unseal-worker'
if [ ! -x "$root/build/unseal" ]; then
    skip "what a release build keeps of the environment: there is none"
elif needs_cage && needs strace; then
    # Nothing can be preloaded into that one. A file with the name of the kernel's part of a program is no part of it.
    ln -s / linux-vdso.so.1
    run strace -f -v -y -s 200 -o trace -e trace=execve,execveat,seccomp,landlock_add_rule -E LD_LIBRARY_PATH=/nowhere \
        -E OPENSSL_ia32cap=: -E OPENSSL_ia32capital=1 -E LD_BIND_NOW=1 \
        "$root/build/unseal" -q --key key -o released "$home/bag.bin"
    expect_exit 0
    grep '^[0-9]*  *execve' trace >starts
    check "a program and a worker" test "$(wc -l <starts)" -eq 2
    kept='("LD_LIBRARY_PATH=/nowhere", "OPENSSL_ia32cap=:"|"OPENSSL_ia32cap=:", "LD_LIBRARY_PATH=/nowhere")'
    check "of the environment only what is for the loader and OpenSSL" \
        grep -qE "\[\"unseal-worker\"\], \[$kept\], " starts
    rm linux-vdso.so.1
    check "rules for files" grep -q 'landlock_add_rule(' trace
    check "none for all of them" test -z "$(grep 'landlock_add_rule.*</>' trace)"
    check "its filter of system calls" grep -qE 'seccomp\(SECCOMP_SET_MODE_FILTER, .*TSYNC.*\{len=[1-9][0-9]{2}, ' trace
    # Libraries with musl make other calls than those here, so that what is only refused here may end a worker there.
    run strace -f -o trace -e trace=open,openat "$root/build/unseal" --recheck released
    expect_exit 0
    check "nothing is opened that is refused" test -z "$(grep EACCES trace)"
fi

scenario "no rights, and not much of anything"
if needs_cage; then
    for user in "${users[@]}"; do
        room "$user" "state-$user"
        run probing "$user" state unseal -q --threads 1 --max-files 1000 --key key -o made "$home/bag.bin"
        expect_exit 0
        cp report "$out"
        id=$(as "$user" id -u)
        group=$(as "$user" id -g)
        # Nobody's number, another each time.
        # In a namespace of users others have no number of their own.
        [ "$id" -eq 0 ] || id="($id|65534)" group="($group|65534)"
        [ "$id" != 0 ] || id='(21474[1-7][0-9]{4}|214748[0-3][0-9]{3})' group=$id
        expect_out "^status Uid:([[:space:]]+$id){4}$"
        expect_out "^status Gid:([[:space:]]+$group){4}$"
        for line in CapInh CapPrm CapEff CapAmb; do expect_out "^status $line:[[:space:]]+0000000000000000$"; done
        expect_out '^status NoNewPrivs:[[:space:]]+1$'
        expect_out '^status Seccomp:[[:space:]]+2$'
        [ "$(id -u)" -ne 0 ] || expect_out '^status Groups:[[:space:]]*$'
        expect_out '^limit Max open files +64 +64 '
        expect_out '^limit Max processes +0 +0 '
        expect_out '^limit Max core file size +0 +0 '
        limit=$(sed -n 's/^limit Max address space  *\([0-9]*\) .*/\1/p' report)
        check "memory: $limit" test "${limit:-0}" -gt 500000000 -a "${limit:-0}" -lt 700000000
        free=$(df -B1 --output=avail . | tail -n 1)
        limit=$(sed -n 's/^limit Max file size  *\([0-9]*\) .*/\1/p' report)
        check "no more than the disk has: $limit" test "${limit:-0}" -gt 0 -a "${limit:-0}" -lt "$free"
        remove made
        mkdir small
        if mount -t tmpfs -o size=3m,mode=777 none small 2>/dev/null; then
            expect_attempt "$user" file-size \
                "$(attempt "$user" file-size unseal -q --key key -o small/made "$home/bag.bin")" \
                'EFBIG, but then status 1: unseal: .*could not be written.*' # what is left is too little
            umount small
        else
            skip "a small disk cannot be made here"
        fi
        rmdir small
        run probing "$user" memory unseal -q --threads 1 --max-files 1 --key key -o made "$home/bag.bin"
        expect_exit 1 # three files
        had=$(sed -n 's/^megabytes //p' report)
        check "it had $had MiB" test "${had:-0}" -ge 300 -a "${had:-0}" -le 512
    done
fi

# Of root's, though another user wrote it; at any depth, with names that are spelled differently.
scenario "what comes out belongs to whom it came to"
mkdir -p odd/a/b/c odd/A 'odd/x:y' odd/empty
echo 1 >odd/a/b/c/file && echo 2 >odd/A/file && echo 3 >'odd/x:y/aux' && echo 4 >'odd/x:y/t. '
maketree chain odd/chain 250
ln -s a odd/link
run seal -q "${to[@]}" -o odd.bin odd
expect_exit 0
chmod 644 odd.bin
for user in "${users[@]}"; do
    room "$user" "owner-$user"
    for arguments in "" --writable --exact-names "--extract odd/a --extract odd/x:y"; do
        # shellcheck disable=SC2086 # several arguments
        run as "$user" unseal -q --key key $arguments -o made "$OLDPWD/odd.bin"
        expect_exit 0
        id=$(as "$user" id -u)
        check "all of it: $arguments" test -z "$(find made ! -uid "$id" -print -quit)"
        check "several files" test "$(find made -type f | wc -l)" -ge 3
        remove made
    done
    run as "$user" unseal -q --key key -o stream "$home/stream.bin"
    check "a stream" test "$(stat -c %u stream)" -eq "$id"
    cd "$OLDPWD" || exit 1
done

# Somebody who could write there lays a link to another's file beside it: that file stays whose it is.
scenario "a hard link to a file of another user"
if [ "$(id -u)" -ne 0 ]; then
    skip "it takes root"
elif needs_cage; then
    room me linked
    echo other >other && chown 1234:1234 other
    hit FAULT_IN_PROCESS=worker 'FAULT_WRITE=100000 run:ln other made.*.partial/data' -- \
        unseal -q --key key -o made "$home/bag.bin"
    expect_exit 1
    expect_message 'made: it could not be made yours again: Operation not permitted'
    check "it is still the other's" test "$(stat -c %u:%g:%h other)" = 1234:1234:1
    expect_names . key other tree
fi

# As in a container that gives its root no more than that.
scenario "root that cannot become another user, or give anything away"
cp "$home/alice.key" key
if [ "$(id -u)" -ne 0 ]; then
    skip "it takes root"
else
    for less in -setuid,-setgid -setuid -chown -setuid,-setgid,-chown; do
        run setpriv --bounding-set=$less --inh-caps=-all unseal -q --require-sandbox --key key -o made "$home/bag.bin"
        expect_exit 0
        expect_no_err
        check "all of it" test -z "$(find made ! -uid 0 -print -quit)"
        remove made
    done
fi

# ---- A piece is missing --------------------------------------------------------------------------

lacking() {
    LD_PROBE_LACKS=$lack "$@"
}

scenario "without a piece the others hold, and it is said"
if needs_cage; then
    cp "$home/alice.key" key
    declare -A pieces=([landlock]=Landlock [seccomp]=seccomp [rights]='giving up privileges' [limits]='resource limits')
    missing='^unseal: this system lacks part of the sandbox'
    for lack in "${!pieces[@]}"; do
        run lacking probing me '' unseal -q --key key -o many/ "$home/bag.bin" "$home/stream.bin"
        expect_exit 0
        expect_message "$missing, ${pieces[$lack]}; the rest of it holds\. See unseal\(1\), --require-sandbox\.$"
        check "it came out" test -f many/bag/data/tree/a
        remove many
        for task in "-o made $home/bag.bin" "-o made $home/stream.bin" "--raw -o made $home/bag.bin" \
            "--verify -o made $home/bag.bin" "--list $home/bag.bin" "--extract tree/a -o made $home/bag.bin"; do
            # shellcheck disable=SC2086 # several arguments
            run lacking probing me '' unseal -q --require-sandbox --key key $task
            expect_exit 1
            expect_no_out
            expect_message "^unseal: .*bin: this system lacks part of the sandbox, ${pieces[$lack]}\\.$"
            expect_names . key report
        done
        unseal -q --key key -o bag "$home/bag.bin" >/dev/null
        run lacking probing me '' unseal -q --require-sandbox --recheck bag
        expect_exit 1
        expect_message "lacks part of the sandbox, ${pieces[$lack]}"
        run lacking probing me '' unseal -q --recheck bag
        expect_exit 0
        expect_message "lacks part of the sandbox, ${pieces[$lack]}"
        remove bag
    done
fi

# without PIECE USER NAME RESULT
without() {
    local lack=$1 result
    local said=1 # that it is missing
    [ "$1" != landlock-news ] || said=0
    result=$(lacking attempt "$2" "$3" unseal -q --key key -o made "$home/bag.bin")
    expect_attempt "without $1, $2" "$3" "$result" "$4"
}

scenario "each piece by itself"
if needs_cage; then
    probing me state unseal -q --key "$home/alice.key" -o made "$home/bag.bin" >/dev/null
    landlock=$(sed -n 's/^abi //p' report | head -n 1)
    for user in "${users[@]}"; do
        room "$user" "pieces-$user"
        # Landlock, rights, limits and, where there are any, namespaces, in which nothing has such a name
        for name in read-absolute read-up read-key list-above create-above create-absolute open-to-write \
            open-to-append truncate remove create-old execute; do
            # EAGAIN: as many processes of that user as may be are there already.
            without seccomp "$user" $name 'EACCES|EPERM|EROFS|EAGAIN|ENOENT'
        done
        for name in mount chroot unshare-net set-user trace read-process capabilities limits-up-new reboot \
            swap tcp abstract-socket; do
            without seccomp "$user" $name 'EPERM|EACCES|EINVAL|ESRCH'
        done
        without seccomp "$user" fork-bomb EAGAIN
        without seccomp "$user" memory ENOMEM
        without seccomp "$user" descriptors EMFILE
        [ "$landlock" -lt 6 ] || without seccomp "$user" signal 'EPERM|ESRCH'
        # seccomp, rights and limits
        for name in open-to-write create-or-open truncate remove rename symlink link socket-inet execute fork-bomb \
            trace signal dumpable set-user map-code io-uring; do
            without landlock "$user" $name killed
        done
        without landlock "$user" memory ENOMEM
        # root's worker is another user
        [ "$user" != me ] || [ "$(id -u)" -ne 0 ] || for name in read-key create-above create-absolute; do
            without landlock "$user" $name 'EACCES|ENOENT|killed'
        done
        # An old kernel's Landlock
        for name in read-key list-above create-above; do
            without landlock-news "$user" $name 'EACCES|ENOENT'
        done
        for name in read-key create-above; do
            without rights "$user" $name 'EACCES|ENOENT'
            without limits "$user" $name 'EACCES|ENOENT'
        done
        for name in set-user socket-inet fork-bomb execute; do
            without rights "$user" $name killed
            without limits "$user" $name killed
        done
        without limits "$user" descriptors EMFILE # only that of memory failed
        expect_same key "$home/alice.key"
    done
fi

# ---- The programs themselves ---------------------------------------------------------------------

# restricted NAME... -- COMMAND...: the attempts are refused in the program itself.
restricted() {
    local attempts=()
    while [ "$1" != -- ]; do
        attempts+=("$1")
        shift
    done
    shift
    for name in "${attempts[@]}"; do
        remove made made.key made.pub
        LD_PROBE_IN=main run probing me "$name" "$@"
        expect_exit 0
        expect_attempt "$1" "$name" "$(sed -n "s/^$name //p" report)" EPERM
    done
}

scenario "no network and no programs for seal and sealkey, no network for unseal"
if needs_cage; then
    cp "$home/alice.key" key
    network='socket-inet socket-inet6 socket-unix socket-netlink socket-packet connect bind listen accept io-uring
        trace read-process write-process'
    # shellcheck disable=SC2086 # lists of names
    {
        restricted $network execute execute-again execute-at execute-memory -- seal -q "${to[@]}" -o made "$home/tree"
        restricted socket-inet execute -- seal -q --dry-run "${to[@]}" "$home/tree"
        restricted socket-inet execute -- seal --help
        restricted $network execute execute-again execute-at execute-memory -- sealkey new -q --no-passphrase -o made
        restricted socket-inet execute -- sealkey show "$home/alice.pub"
        restricted $network execute execute-again execute-at execute-memory -- unseal -q --key key -o made "$home/bag.bin"
        restricted socket-inet execute -- unseal -q --key key --list "$home/bag.bin"
    }
    for name in x32 int80; do
        for command in "seal -q --to $home/alice.pub -o made $home/tree" "sealkey show $home/alice.pub" \
            "unseal -q --key key --list $home/bag.bin"; do
            grep -qx $name <<<"$names" || continue
            remove made
            # shellcheck disable=SC2086 # a command line; measure, because a shell would talk about its end
            LD_PROBE_IN=main run probing me $name measure "$scratch/peak" $command
            if grep -qx "$name impossible" report; then
                skip "$name: this kernel has no such call"
            else
                expect_exit 159
            fi
        done
    done
fi

# When the keys are read. What it made, and what lies beside it, it may touch.
scenario "no other files for unseal"
if needs_cage; then
    cp "$home/alice.key" key
    unseal -q --writable --key key -o bag "$home/bag.bin" >/dev/null
    mkdir elsewhere outputs
    cp "$home/alice.key" elsewhere/key
    cd outputs || exit 1
    for command in "--key ../key --log ../log -o made $home/bag.bin" "--key ../key -o made $home/stream.bin" \
        "--key ../key --verify -o made $home/bag.bin" "--key ../key --list $home/bag.bin" \
        "--key ../key --extract tree/a -o made $home/bag.bin" "--recheck ../bag"; do
        for name in read-absolute read-key create-absolute folder-absolute list-root; do
            rm -rf ./*
            # shellcheck disable=SC2086 # several arguments
            LD_PROBE_IN=main run probing me "$name" env LD_PROBE_KEY="$PWD/../elsewhere/key" \
                LD_PROBE_ABOVE="$PWD/../elsewhere" unseal -q $command
            expect_exit 0
            expect_attempt "$command" "$name" "$(sed -n "s/^$name //p" report)" EACCES
        done
    done
    check "nothing came there" test "$(ls ../elsewhere)" = key
    cd ..
fi

# ---- Its end -------------------------------------------------------------------------------------

scenario "it dies with its parent"
cp "$home/alice.key" key
seal -q "${to[@]}" --no-compress -o large.bin - < <(maketree noise - 1000000) >/dev/null
mkfifo fifo
for arguments in "-o made" "--raw -o made" "--verify -o made"; do
    rm -f report
    # shellcheck disable=SC2086 # several arguments
    probing me state unseal -q --key key $arguments - <fifo >/dev/null 2>&1 &
    exec 8>fifo
    head -c 200000 large.bin >&8
    for ((i = 0; i < 300; i++)); do
        worker=$(sed -n 's/^started worker //p' report 2>/dev/null)
        program=$(sed -n 's/^started main //p' report 2>/dev/null)
        [ -n "$worker" ] && break
        sleep 0.1
    done
    check "it works" kill -0 "${worker:-none}"
    kill -KILL "$program"
    for ((i = 0; i < 100; i++)); do
        # One that nobody has waited for yet has ended all the same.
        grep -qsE '^State:[[:space:]]+[^ZX[:space:]]' "/proc/$worker/status" || break
        sleep 0.05
    done
    check "it is gone" test $i -lt 100
    exec 8>&-
    wait 2>/dev/null
    rm -rf ./*.partial made*
done 2>/dev/null

finish
