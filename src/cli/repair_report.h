/*
 * repair_report: what unseal says of damage that does not matter, since there are repair data.
 */
#ifndef SEAL_REPAIR_REPORT_H
#define SEAL_REPAIR_REPORT_H

#include "jobs/sets.h"

/* Warns of each file of a set that was read whole. */
void show_repair(const struct set *set);

#endif
