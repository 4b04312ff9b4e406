#!/bin/bash
# What a parent, a user or an administrator leaves to our programs: signals, limits, libraries, a umask. None of it
# makes them fail, or they say that it is the reason; never is the sender of a file blamed for it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

home=$scratch/home
mkdir "$home" && cd "$home" && chmod 755 "$scratch" || exit 1
take_keys alice.pub alice.key
mkdir tree
echo first >tree/a
seal -q --to alice.pub -o bag.bin tree >/dev/null
opening=(unseal -q --key "$home/alice.key" -o made "$home/bag.bin")

# with PYTHON COMMAND...: with what that line of Python does before.
with() {
    local line=$1
    shift
    run python3 -c "import os, resource, signal, sys
$line
os.execvp(sys.argv[1], sys.argv[1:])" "$@"
}

is_opened() {
    expect_exit 0
    expect_no_err
    expect_same made/data/tree/a "$home/tree/a"
}

scenario "SIGCHLD is ignored"
with 'signal.signal(signal.SIGCHLD, signal.SIG_IGN)' "${opening[@]}"
is_opened

scenario "all signals are blocked"
with 'signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())' "${opening[@]}"
is_opened

scenario "a signal that was blocked ends the program all the same"
mkfifo pipe pid
exec 9<>pipe
python3 -c 'import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
open("pid", "w").write(f"{os.getpid()}\n")
os.execvp(sys.argv[1], sys.argv[1:])' unseal -q --key "$home/alice.key" -o made - <pipe >"$out" 2>"$err" &
reader=$!
read -r asked <pid
while kill -TERM "$asked" 2>/dev/null; do sleep 0.1; done # one may come right before it waits for input
wait $reader
status=$?
exec 9<&-
expect_exit 143
expect_absent made

scenario "a umask that takes the rights of the owner"
with 'os.umask(0o777)' "${opening[@]}"
is_opened
[ "$(stat -c %a made/data made/data/tree/a | tr '\n' ' ')" = '500 400 ' ]
judge "the owner's rights stay, and no others" $?
with 'os.umask(0o777)' seal -q --to "$home/alice.pub" -o sealed.bin "$home/tree"
expect_exit 0
[ "$(stat -c %a sealed.bin)" = 600 ]
judge "the owner can read what was sealed" $?

scenario "few descriptors"
with 'resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))' "${opening[@]}"
expect_exit 1
expect_err 'bag\.bin: the part that reads what is inside could not be started: Too many open files\.'
expect_absent made

scenario "no environment, no locale, no folder to be in"
run env -i "$BIN/unseal" -q --key "$home/alice.key" -o made "$home/bag.bin"
is_opened
run env LC_ALL=xx_YY.KOI8-R LANGUAGE=zz unseal -q --key "$home/alice.key" -o made2 "$home/bag.bin"
expect_exit 0
expect_no_err
where=$PWD
mkdir gone
run bash -c 'cd gone && rmdir ../gone && exec "$@"' - unseal -q --key "$home/alice.key" -o "$where/made3" "$home/bag.bin"
expect_exit 0
expect_same made3/data/tree/a "$home/tree/a"

# Any program that has the pipe, too, can have made it so.
scenario "pipes that another program made non-blocking"
make_busy='import fcntl, os, sys
for fd in 0, 1:
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
os.execvp(sys.argv[1], sys.argv[1:])'
maketree noise noise 3000000
# await_waiting NAME: until a program of that name waits, or has ended, as it does for one who does not wait.
await_waiting() {
    until [ -e ended ] || grep -qs "^[0-9]* ($1) S" /proc/[0-9]*/stat; do sleep 0.05; done
}
busy() {
    python3 -c "$make_busy" "$@" 2>"$err"
    status=$?
    touch ended
    return $status
}
# Nothing is there to be read until it waits, and nobody reads what it writes before.
(await_waiting seal; cat noise) | busy seal -q --to "$home/alice.pub" -o - - | (await_waiting seal; cat) >out.bin
check "sealed" test "${PIPESTATUS[*]}" = "0 0 0"
rm ended
(await_waiting unseal; cat out.bin) | busy unseal -q --key "$home/alice.key" -o got - | cat >/dev/null
check "unsealed from one" test "${PIPESTATUS[*]}" = "0 0 0"
expect_same noise got
rm ended
busy unseal -q --key "$home/alice.key" -o - out.bin </dev/null | (await_waiting unseal; cat) >written
check "unsealed to one" test "${PIPESTATUS[*]}" = "0 0"
expect_same noise written

# bare COMMAND...: with nothing but the programs, their libraries and this folder.
bare() {
    local bare=$scratch/bare library
    if [ ! -d "$bare" ]; then
        mkdir -p "$bare/bin" && cp "$BIN/seal" "$BIN/unseal" "$bare/bin" && cp -a "$home" "$bare/home"
        for library in $(ldd "$BIN/seal" "$BIN/unseal" | grep -o '/[^ :]*\.so[^ :]*' | sort -u); do
            mkdir -p "$bare${library%/*}" && cp -L "$library" "$bare$library"
        done
    fi
    run unshare -r chroot "$bare" "$@"
}

scenario "a system without /dev, /proc and locales"
if needs_no_sanitizer; then
    if ! unshare -r true 2>/dev/null; then
        skip "no other root can be taken here"
    else
        bare seal -q --to home/alice.pub -o home/new.bin home/tree
        expect_exit 1
        expect_message 'no locale with UTF-8 \(.*\), which libarchive needs\. Add one \(.*\), or use a static program'
        bare unseal -q --key home/alice.key -o home/made home/bag.bin
        expect_exit 0
        expect_no_err
        expect_same "$scratch/bare/home/made/data/tree/a" "$home/tree/a"
        bare unseal -q --recheck home/made
        expect_exit 0
    fi
fi

# ---- Libraries -----------------------------------------------------------------------------------

# One that does in every process, after 20 allocations, what the cage forbids. It also takes Landlock away, which keeps
# the worker's loader from reading /etc/ld.so.preload.
cat >"$home/loud.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
void *__libc_calloc(size_t, size_t);
void *calloc(size_t a, size_t b)
{
    static int calls;
    if (++calls > 20)
        (void)socket(AF_UNIX, SOCK_STREAM, 0);
    return __libc_calloc(a, b);
}
long syscall(long call, ...)
{
    static long (*real)(long, ...);
    va_list args;
    long a[6];
    va_start(args, call);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    errno = ENOSYS;
    if (call == 444)
        return -1;
    real = real != NULL ? real : (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real(call, a[0], a[1], a[2], a[3], a[4], a[5]);
}
C
loud=$home/loud.so
${CC:-cc} -shared -fPIC -o "$loud" "$home/loud.c" -ldl || exit 1

scenario "LD_PRELOAD does not reach the worker"
if needs_no_sanitizer; then
    run env -u SEAL_TEST_WORKER_ENV LD_PRELOAD="$loud" "${opening[@]}"
    is_opened
    # It would break it, or the scenario shows nothing.
    run env LD_PRELOAD="$loud" "${opening[@]/made/made2}"
    expect_exit 6
    expect_err 'broke down \(it tried what it is not allowed to, and was stopped\)'
fi

scenario "/etc/ld.so.preload does, and is said to be the reason"
# in_new_etc COMMAND...: with an /etc that names the library; 77: such a thing cannot be made here.
in_new_etc() {
    # shellcheck disable=SC2016
    unshare -m sh -c 'rm -rf etc && mkdir etc && cp -a /etc/ld.so.* etc && echo "$1" >etc/ld.so.preload &&
        mount --bind etc /etc || exit 77
        shift
        exec "$@"' - "$loud" "$@"
}
if needs_no_sanitizer; then
    if ! (cd "$home" && in_new_etc true) 2>/dev/null; then
        skip "no other /etc can be mounted here"
    else
        run in_new_etc "${opening[@]}"
        expect_exit 1
        expect_err 'bag\.bin: the part that reads what is inside broke down, and does so with nothing to read as well\.'
        expect_err 'It is no fault of this file\. .*/etc/ld\.so\.preload'
            ! grep -Eq 'suspicion|attack' "$err"
        judge "nobody is accused" $?
        expect_absent made
        run in_new_etc "${opening[@]}" --log log
        expect_exit 1
        ! grep -q broke log
        judge "the log has no verdict about the file" $? "$(cat log)"
    fi
fi

finish
