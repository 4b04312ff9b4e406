# Finds calls that library code must not make: it neither prints, nor ends the program, nor reads the
# environment. (getenv is allowed in src/base inside #ifdef SEAL_TESTING, for the seeded generator.)

BEGIN {
    forbidden = "(v|vf|f|d)?printf|f?puts|putc(har)?|fputc|perror|exit|abort|getenv|system|popen|gets|assert"
}

FNR == 1 { comment = 0; depth = 0; testing = 0 }

# Follows #if and #endif far enough to know what is test-only.
/^[ \t]*#[ \t]*if/ { depth++; if (/SEAL_TESTING/ && !/ifndef|!/) testing = depth }
/^[ \t]*#[ \t]*(else|elif)/ { if (testing == depth) testing = 0 }
/^[ \t]*#[ \t]*endif/ { if (testing == depth) testing = 0; depth-- }

{
    line = $0
    gsub(/\\./, "", line)
    gsub(/'"'/, "", line)
    gsub(/"[^"]*"/, "\"\"", line)
    if (comment && !sub(/^.*\*\//, "", line))
        next
    comment = 0
    gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, " ", line)
    sub(/\/\/.*/, "", line)
    if (sub(/\/\*.*/, "", line))
        comment = 1
    if (match(line, "(^|[^A-Za-z0-9_.>])(" forbidden ")[ \t]*[(]")) {
        call = substr(line, RSTART, RLENGTH)
        if (testing && call ~ /getenv/ && FILENAME ~ /^src\/base\//)
            next
        gsub(/[^a-z]/, "", call)
        printf "%s:%d: library code must not call %s()\n", FILENAME, FNR, call
    }
}
