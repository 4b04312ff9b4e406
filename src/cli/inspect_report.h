/*
 * inspect_report: what unseal says with --list and --extract.
 */
#ifndef SEAL_INSPECT_REPORT_H
#define SEAL_INSPECT_REPORT_H

#include "cli/unseal_options.h"

/* A list while it is printed, item by item. Begin with {.form = ...}; free it with
 * list_report_free.
 */
struct list_report {
    enum list_form form;
    struct buffer line;
    bool has_items; /* one was printed */
    bool is_cut;    /* standard output takes no more, and the job was ended */
};

struct inspect_listener list_report_listener(struct list_report *l);
/* The end of a list that was not cut. */
enum exit_code list_report_end(const struct list_report *l, const struct inspect_result *result);
/* The same of what a salvage would take out. */
enum exit_code list_report_end_salvage(const struct inspect_result *result);
void list_report_free(struct list_report *l);

/* What was extracted, told when all of it is good. All zero to begin with; free it with
 * extract_report_free. */
struct extract_report {
    struct buffer lines; /* as sha256sum makes them */
    uint64_t count;
};

struct inspect_listener extract_report_listener(struct extract_report *x);
enum exit_code extract_report_end(const struct extract_report *x,
                                  const struct inspect_result *result);
void extract_report_free(struct extract_report *x);

#endif
