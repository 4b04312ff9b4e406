/*
 * platform: the operating system. This header includes all public headers of the room.
 */
#ifndef SEAL_PLATFORM_H
#define SEAL_PLATFORM_H

#include "platform/crew.h"
#include "platform/files.h"
#include "platform/process.h"
#include "platform/terminal.h"
#include "platform/worker.h"

#endif
