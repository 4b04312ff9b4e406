/*
 * What sealkey shows of its jobs. Results go to standard output, advice and warnings to standard
 * error.
 */
#ifndef SEAL_SEALKEY_REPORT_H
#define SEAL_SEALKEY_REPORT_H

#include <stdbool.h>

#include "jobs/key_kit.h"
#include "jobs/key_make.h"
#include "jobs/key_passwd.h"
#include "jobs/key_show.h"

void report_new_key(const struct key_make_result *result);
void report_passwd(const struct key_passwd_request *request);
void report_kit(const char *path, const struct key_file *keys);

/* Observers: *any is false before the first key is shown. */
struct key_show_observer report_keys(bool *any);
struct key_kit_observer report_kit_events(void);

#endif
