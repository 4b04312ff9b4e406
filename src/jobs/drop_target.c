#include "jobs/drop_target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "platform/terminal.h"
#include "jobs/output_place_private.h"

const char *record_ending(enum record_form form)
{
    static const char *const endings[RECORD_FORMS] = {
        [RECORD_TEXT] = CUSTODY_TEXT_ENDING, [RECORD_JSON] = CUSTODY_JSON_ENDING};

    return endings[form];
}

/* What nobody should take for a bag that was accepted is not called like one. */
#define SALVAGED_ENDING ".salvaged"

static bool is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

bool drop_target_is_stdout(const struct drop_target *t)
{
    return is_stdout(t->path);
}

/* ---- What must not be ---------------------------------------------------------------------- */

static enum seal_status need_folder_of(const char *path, struct fault *fault)
{
    struct plat_stat st;
    char *folder = NULL;
    const char *name;

    if (!path_split(path, &folder, &name))
        return fault_no_memory(fault);
    if (plat_stat_at(PLAT_CWD, folder, true, &st) != 0)
        (void)fault_set_errno(fault, REASON_FOLDER_OPEN, path);
    free(folder);
    return fault->status;
}

static enum seal_status refuse_records(const char *record, struct fault *fault)
{
    enum seal_status status = need_folder_of(record, fault);

    for (enum record_form form = 0; form < RECORD_FORMS && status == SEAL_OK; form++) {
        struct buffer path = {0};

        status = buffer_printf(&path, "%s%s", record, record_ending(form)) != SEAL_OK
                     ? fault_no_memory(fault)
                     : output_refuse_existing((char *)path.data, fault);
        buffer_free(&path);
    }
    return status;
}

/* No output is named after a file whose name would make it hidden, or look like an option. */
static enum seal_status refuse_name(const struct output_place *place, const char *name,
                                    struct fault *fault)
{
    if (!output_place_names_output(place) && strcmp(name, "-") != 0 &&
        strspn(path_last_part(name), ".-") > 0)
        return fault_set(fault, REASON_OUTPUT_UNNAMED, name);
    return SEAL_OK;
}

/* ---- The output --------------------------------------------------------------------------- */

static char *given_output(const struct output_place *place)
{
    return is_stdout(place->given) ? strdup("-") : output_place_name(place);
}

static const char *ending_for(const struct drop_request *request, bool is_bag)
{
    if (request->task == DROP_SALVAGE)
        return SALVAGED_ENDING;
    if (request->task != DROP_RAW)
        return "";
    return is_bag ? ".tar.zst" : ".zst";
}

static enum seal_status refuse_stdout(const struct drop_target *t, struct fault *fault)
{
    if (t->is_folder)
        return fault_set(fault, REASON_STDOUT_BAG, NULL);
    if (plat_is_terminal(STDOUT_FILENO))
        return fault_set(fault, REASON_STDOUT_TERMINAL, NULL);
    return SEAL_OK;
}

static enum seal_status choose_output(struct drop_target *t, const struct drop_request *request,
                                      const struct output_place *place, const struct arrival *first,
                                      struct fault *fault)
{
    bool is_bag = first->env->params.type == CONTENT_BAG;

    t->is_folder = request->task == DROP_SALVAGE || (is_bag && request->task != DROP_RAW);
    t->path = output_place_names_output(place) ? given_output(place)
                                               : output_place_default(place, first->path, t->number,
                                                                      ending_for(request, is_bag));
    if (t->path == NULL)
        return fault_no_memory(fault);
    return is_stdout(t->path) ? refuse_stdout(t, fault) : output_refuse_existing(t->path, fault);
}

/* ---- The record --------------------------------------------------------------------------- */

/* With DROP_VERIFY the record is about the sealed file, and gets its whole name. */
static char *record_of_file(const struct output_place *place, const char *name, size_t number)
{
    return output_place_names_output(place)
               ? output_place_name(place)
               : output_place_path(place, path_last_part(name), number, "");
}

/* Else it is about the output, and stands beside it. */
static enum seal_status choose_record(struct drop_target *t, const struct output_place *place,
                                      const struct arrival *first, struct fault *fault)
{
    char *record;

    if (drop_target_is_stdout(t))
        return SEAL_OK;
    record = t->path != NULL ? strdup(t->path) : record_of_file(place, first->path, t->number);
    if (record == NULL)
        return fault_no_memory(fault);
    if (refuse_records(record, fault) == SEAL_OK)
        t->record = record;
    else
        free(
            record); /* the record of another drop is there, and must not be taken for this one's */
    return fault->status;
}

/* ---- Both --------------------------------------------------------------------------------- */

/* NULL if there will be no output, or its name depends on the content. */
static char *likely_output(const struct drop_request *request, const struct output_place *place,
                           const char *name)
{
    if (request->task == DROP_VERIFY)
        return NULL;
    if (output_place_names_output(place))
        return is_stdout(place->given) ? NULL : output_place_name(place);
    if (request->task == DROP_SALVAGE)
        return output_place_default(place, name, 1, SALVAGED_ENDING);
    return request->task == DROP_RAW ? NULL : output_place_default(place, name, 1, "");
}

enum seal_status drop_target_foresee(const struct drop_request *request,
                                     const struct output_place *place, const char *name,
                                     struct fault *fault)
{
    char *output = likely_output(request, place, name);
    char *record = request->task == DROP_VERIFY ? record_of_file(place, name, 1) : NULL;

    if (refuse_name(place, name, fault) == SEAL_OK && output != NULL)
        IGNORE_RESULT(output_refuse_existing(output, fault));
    if (fault->status == SEAL_OK && output != NULL)
        IGNORE_RESULT(refuse_records(output, fault));
    if (fault->status == SEAL_OK && record != NULL)
        IGNORE_RESULT(refuse_records(record, fault));
    free(output);
    free(record);
    return fault->status;
}

enum seal_status drop_target_choose(struct drop_target *t, const struct drop_request *request,
                                    const struct output_place *place, const struct set *set,
                                    size_t number, struct fault *fault)
{
    const struct arrival *first = set->files[0];

    t->number = number;
    if (refuse_name(place, first->path, fault) != SEAL_OK)
        return fault->status;
    if (request->task == DROP_VERIFY) /* also of what could not be opened */
        return choose_record(t, place, first, fault);
    if (set->fault.status != SEAL_OK || (set->has_gaps && request->task != DROP_SALVAGE))
        return SEAL_OK;
    if (choose_output(t, request, place, first, fault) != SEAL_OK)
        return fault->status;
    return choose_record(t, place, first, fault);
}

void drop_target_free(struct drop_target *t)
{
    free(t->path);
    free(t->record);
    *t = (struct drop_target){.path = NULL};
}
