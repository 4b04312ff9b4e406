/*
 * Reading a custody record in JSON, of any bytes.
 */
#include <string.h>

#include "custody/custody.h"
#include "lib/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct custody_known known;

    fuzz_start();
    memset(&known, 0xff, sizeof known);
    if (!custody_json_read(&known, (const char *)data, size))
        return 0;
    FUZZ_CHECK(memchr(known.opened, '\0', sizeof known.opened) != NULL);
    FUZZ_CHECK(strspn(known.opened, "0123456789-:.TZ@") == strlen(known.opened));
    FUZZ_CHECK(memchr(known.receipt, '\0', sizeof known.receipt) != NULL);
    FUZZ_CHECK(strspn(known.receipt, "0123456789 ") == strlen(known.receipt));
    return 0;
}
