# Makes a page of the kit: awk -f page.awk words/LANG page.html. {{FINGERPRINTS}} stays for sealkey.
NR == FNR {
    if ($0 !~ /^#/ && NF > 1)
        words[$1] = substr($0, length($1) + 2)
    next
}
{
    out = ""
    while (match($0, /\{\{[A-Z_0-9]+\}\}/)) {
        name = substr($0, RSTART + 2, RLENGTH - 4)
        if (name != "FINGERPRINTS" && !(name in words)) {
            print FILENAME ": " name " is missing" > "/dev/stderr"
            failed = 1
        }
        out = out substr($0, 1, RSTART - 1) (name in words ? words[name] : "{{" name "}}")
        $0 = substr($0, RSTART + RLENGTH)
    }
    print out $0
}
END { exit failed }
