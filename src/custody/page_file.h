/*
 * page_file: what the record for people says of one sealed file. Private to custody.
 */
#ifndef SEAL_CUSTODY_PAGE_FILE_H
#define SEAL_CUSTODY_PAGE_FILE_H

#include "custody/custody.h"
#include "custody/page.h"

void page_file(struct page *p, const struct custody_file *f);

#endif
