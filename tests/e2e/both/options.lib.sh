# shellcheck shell=bash
# What 40_options.sh and 40_options_output.sh share; read in behind tools.sh.

keys=$scratch/keys
mkdir "$keys"
cp "$vectors"/keys/* "$keys"
chmod 600 "$keys"/*
alice=$keys/alice.pub
bob_passphrase='correct horse battery staple'

# Here everything lies that the command lines below name.
ground() {
    scenario "$1"
    echo evidence >file
    mkdir folder
    echo more >folder/more
    cp "$vectors/files/bag-one.seal" one.bin
    cp "$vectors/files/stream.seal" stream.bin
    everything=$(find . | LC_ALL=C sort)
}

expect_nothing_new() {
    [ "$(find . | LC_ALL=C sort)" = "$everything" ]
    judge "nothing should be new on disk" $? "$(find . | LC_ALL=C sort | diff <(printf '%s\n' "$everything") - | tr '\n' ' ')"
}

# refused STATUS MESSAGE COMMAND...
refused() {
    local want=$1 message=$2
    run "${@:3}"
    expect_exit "$want"
    expect_no_out
    expect_message "$message"
    check "the message should begin with the program's name" grep -q "^$3: " "$err"
    expect_no_controls
    expect_nothing_new
}
