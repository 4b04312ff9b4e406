#include "intake/progress_meter.h"

void progress_meter_update(struct progress_meter *m)
{
    uint64_t consumed = stream_consumed(m->from);

    if (m->progress->add != NULL && consumed > m->reported)
        m->progress->add(m->progress->ctx, consumed - m->reported);
    m->reported = consumed;
}
