#!/bin/bash
# The cards of docs/cards: is what they say of the programs so, do their commands run, do all languages say the
# same, and do they promise nothing that nobody can keep? `make cards` checks their pages.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

cards=$root/docs/cards
roles=(courier organization sender)
mapfile -t languages < <(find "$cards" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | LC_ALL=C sort)

# What is to be typed: the lines between fences, those that end in \ joined with the next.
commands_of() { sed -n '/^ *```/,/^ *```/{/```/!s/^ *//p}' "$1" | sed -e ':a' -e '/\\$/{N;s/\\\n *//;ta' -e '}'; }
# What stands in the programs' own type, a line for each piece.
code_of() { grep -oE '`[^`]+`' "$1" | tr -d '`'; commands_of "$1"; }
# The exit codes that a card explains, the last list item of each first.
codes_of() { sed -n 's/^- \*\*\([0-9]\)\*\* .*/\1/p' "$1" | tr '\n' ' '; }
# Those that --help explains.
codes_in_help() {
    "$1" --help | sed -n '/^Exit status:/,/^With --recheck/{/^With/!p}' | tr '\n' ' ' | sed 's/Of several.*//' |
        grep -oE '(: |; )[0-9] ' | tr -dc '0-9\n' | tr '\n' ' '
}

# outline FILE: everything that must be the same in all languages.
outline() {
    sed -n 's/^\(##* \).*/\1/p' "$1"
    grep -cE '^[0-9]+\. ' "$1"
    grep -cE '^- ' "$1"
    codes_of "$1"
    code_of "$1"
}

help_of() { # COMMAND LINE: the help of the program, or of the command of sealkey, that it calls
    # shellcheck disable=SC2086 # words of a command line
    set -- $1
    case $1 in
    sealkey) sealkey "$2" --help ;;
    seal | unseal) "$1" --help ;;
    *) seal --help; unseal --help; sealkey new --help ;;
    esac
}

scenario "every language has the same cards"
check "there are English cards" test -d "$cards/en"
check "there are Russian cards" test -d "$cards/ru"
for language in "${languages[@]}"; do
    expect_names "$cards/$language" "${roles[@]/%/.md}"
    for role in "${roles[@]}"; do
        outline "$cards/en/$role.md" >wanted
        run outline "$cards/$language/$role.md"
        cmp -s wanted "$out"
        judge "$language/$role.md should have the headings, lists and commands of en/$role.md" $? \
            "$(diff wanted "$out" | head -n 4)"
        run head -n 1 "$cards/$language/$role.md"
        expect_out '^# .'
        run grep -c '^# ' "$cards/$language/$role.md"
        expect_out '^1$'
    done
done

scenario "what they say of options and exit codes is so"
for card in "$cards"/*/*.md; do
    name=${card#"$cards/"}
    while IFS= read -r line; do
        help_of "$line" >help
        while read -r option; do
            check "$name: $option in \"$line\"" grep -qE -- "(^|[ ,])$option([ ,]|$)" help
        done < <(grep -oE -- '(^| )--?[a-z][a-z-]*' <<<"$line")
    done < <(code_of "$card" | grep -E '^(seal|unseal|sealkey|--)')
done
for language in "${languages[@]}"; do
    for pair in sender:seal organization:unseal; do
        codes=$(codes_of "$cards/$language/${pair%:*}.md")
        [ -n "$codes" ] && [ "$codes" = "$(codes_in_help "${pair#*:}")" ]
        judge "$language/${pair%:*}.md should explain the exit codes of ${pair#*:}" $? "$codes"
    done
done

# All languages have the same commands, so those of one are enough. What would be asked for is left out; the
# date is one that has not passed.
scenario "their commands run"
mkdir case stick inbox
echo what happened >case/notes.txt
later=$(($(date +%Y) + 1))
{
    commands_of "$cards/en/organization.md" | sed -n "/^sealkey new/s/--expires [0-9]*/--no-passphrase --expires $later/p"
    commands_of "$cards/en/sender.md" | sed 's|/media/stick|stick|'
    echo 'cp stick/* inbox/parcel.bin'
    commands_of "$cards/en/organization.md" | sed '/^sealkey new/d'
    code_of "$cards/en/organization.md" | grep -E '^(unseal --recheck|sealkey show|chmod)'
    code_of "$cards/en/sender.md" | grep -E '^(sealkey show|unset)'
} >commands
check "there are enough of them" test "$(wc -l <commands)" -ge 10
while IFS= read -r line; do
    run bash -c "$line"
    expect_exit 0
done <commands
expect_file org.pub
expect_file inbox/parcel.bin
expect_file drops.log
expect_file today/parcel/data/case/notes.txt
expect_file today/parcel.custody.txt

scenario "what the sender's card adds for small sticks"
adds=$(code_of "$cards/en/sender.md" | grep -E '^--split')
check "there is such a line" test -n "$adds"
mkdir case stick
echo what happened >case/notes.txt
run sealkey new -o org --no-passphrase
if needs expect; then # it asks on a terminal
    # shellcheck disable=SC2086 # words of a command line
    run_tty seal --to org.pub -o stick case $adds <<<''
    expect_exit 0
fi

scenario "what the organization's card says of a copy of the key"
run sealkey new -o org --no-passphrase
chmod 644 org.key
run sealkey show org.key
expect_exit 2
expect_message 'others on this machine can read it'

# Words of a claim that gets people hurt, see SECURITY.md. They are left out even where they are denied.
scenario "nothing is promised that cannot be kept"
words='deniab|untrace|secure(ly)? (delet|eras|wip)|anonym|undetect|unbreak|guarante|impossible|military|100 ?%'
words+='|отрицаем|отследить|неотслеж|аноним|(безопасн|надёжн|надежн|безвозвратн)[[:alpha:]]* (удал|стёр|стер|уничтож)'
words+='|гарантир|невозможно|незаметн|невидим|военн'
for card in "$cards"/*/*.md; do
    run grep -inE "$words" "$card"
    expect_exit 1
    expect_no_out
done
# The courier's card does not name the program: it may be found on him.
for card in "$cards"/*/courier.md; do
    run grep -iE 'seal|org\.pub' "$card"
    expect_exit 1
    expect_no_out
done

finish
