/*
 * known_record: the custody record beside a bag that is checked again, read by the worker. Private
 * to this room.
 */
#ifndef SEAL_INTAKE_KNOWN_RECORD_H
#define SEAL_INTAKE_KNOWN_RECORD_H

#include "intake/intake.h"

/* Reads the record at the beginning of fd. What is wrong with it is no failure: it goes into
 * record->reason. */
void known_record_read(struct intake_record *record, int fd);

#endif
