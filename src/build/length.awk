# Prints functions longer than `limit` lines. Leans on our layout: the body's braces stand in column 1.

/^[A-Za-z_].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
/^\{/ { start = FNR }
/^\}/ {
    if (start && FNR - start + 1 > limit)
        printf "\n    %s:%d: %s() has %d lines", FILENAME, start, name, FNR - start + 1
    start = 0
}
