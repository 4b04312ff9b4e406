/*
 * unseal: opens sealed files. The command line becomes a request (unseal_options.c), a job carries
 * it out (jobs/unseal_job.h, jobs/inspect_job.h, jobs/mend_job.h, jobs/recheck_job.h), and what it
 * tells becomes text (the reports).
 *
 * The same program, started anew by a job, is the worker that reads what senders can write.
 */
#include <string.h>

#include <sodium.h>

#include "cli/inspect_report.h"
#include "platform/process.h"
#include "cli/recheck_report.h"
#include "cli/repair_report.h"
#include "cli/salvage_report.h"
#include "cli/ui/passphrase.h"
#include "cli/ui/window.h"
#include "cli/unseal_options.h"
#include "cli/unseal_report.h"

/* Whether a descriptor that passphrases are to be read from can be read is told before anything is
 * done. */
static enum seal_status check_passphrase_fd(const struct unseal_options *options,
                                            struct fault *fault)
{
    return options->passphrase_fd == NULL ? SEAL_OK
                                          : passphrase_fd_check(options->passphrase_fd, fault);
}

static enum exit_code run_drops(const struct unseal_options *options, struct fault *fault)
{
    struct unseal_report report;
    struct receive_observer observer = unseal_report_start(&report, options->passphrase_fd);
    struct unseal_listener listener = unseal_report_drops(&report);
    struct unseal_result result;
    enum seal_status status;

    if (options->unseal.drop.task == DROP_SALVAGE)
        salvage_report_first();
    status = unseal_job_run(&result, &options->unseal, &observer, &listener, fault);
    if (fault->status != SEAL_OK)
        report.code = complain(fault);
    else if (status == SEAL_OK)
        unseal_report_table(&result);
    unseal_result_free(&result);
    (void)fault_set_status(fault, status);
    return report.code;
}

static enum exit_code run_list(const struct unseal_options *options, struct fault *fault)
{
    struct unseal_report report;
    struct receive_observer observer = unseal_report_start(&report, options->passphrase_fd);
    struct list_report list = {.form = options->list_form};
    struct inspect_listener listener = list_report_listener(&list);
    struct inspect_result result;
    enum exit_code code = EXIT_ALL_DONE;

    if (options->inspect.salvages)
        salvage_report_first();
    if (inspect_list(&result, &options->inspect, &observer, &listener, fault) == SEAL_OK)
        code = options->inspect.salvages ? list_report_end_salvage(&result)
                                         : list_report_end(&list, &result);
    else if (!list.is_cut) /* else finish_output says it */
        code = complain(fault);
    inspect_result_free(&result);
    list_report_free(&list);
    return code;
}

static enum exit_code run_extract(const struct unseal_options *options, struct fault *fault)
{
    struct unseal_report report;
    struct receive_observer observer = unseal_report_start(&report, options->passphrase_fd);
    struct extract_report extract = {.count = 0};
    struct inspect_listener listener = extract_report_listener(&extract);
    struct inspect_result result;
    enum exit_code code;

    if (inspect_extract(&result, &options->inspect, &observer, &listener, fault) == SEAL_OK)
        code = extract_report_end(&extract, &result);
    else
        code = complain(fault);
    inspect_result_free(&result);
    extract_report_free(&extract);
    return code;
}

static enum exit_code run_mend(const struct unseal_options *options, struct fault *fault)
{
    struct unseal_report report;
    struct receive_observer observer = unseal_report_start(&report, options->passphrase_fd);
    struct mend_result result;
    enum exit_code code;

    if (mend_job_run(&result, &options->mend, &observer, fault) == SEAL_OK)
        code = mend_report(&result, options->mend.output);
    else
        code = complain(fault);
    mend_result_free(&result);
    return code;
}

static enum exit_code run_rechecks(const struct unseal_options *options, struct fault *stopped)
{
    struct unseal_report report;
    struct receive_observer observer = unseal_report_start(&report, NULL);
    struct recheck_listener listener = recheck_report_listener();
    enum exit_code code = EXIT_ALL_DONE;

    recheck_confine(options->bags, options->bag_count);
    for (size_t i = 0; i < options->bag_count && stopped->status == SEAL_OK; i++) {
        const struct recheck_request request = {options->bags[i], options->limits};
        struct fault fault = {.status = SEAL_OK};
        struct recheck_result result;
        enum exit_code one;

        if (recheck_job_run(&result, &request, &observer, &listener, &fault) == SEAL_OK)
            one = recheck_report_end(request.bag, &result);
        else
            one = complain(&fault);
        code = exit_code_worse(code, one);
        if (fault.status == SEAL_INTERRUPTED)
            *stopped = fault;
    }
    return code;
}

static void tell_input_pipes(const struct unseal_options *options)
{
    const struct receive_input *input =
        options->mode == UNSEAL_DROPS ? &options->unseal.input : &options->inspect.input;

    tell_pipes(input->keys, input->key_count);
    if (input->file_count == 1) /* of several none may be a pipe */
        tell_pipes(input->files, 1);
}

static enum exit_code run(const struct unseal_options *options, struct fault *fault)
{
    static enum exit_code (*const modes[])(const struct unseal_options *, struct fault *) = {
        [UNSEAL_DROPS] = run_drops,      [UNSEAL_LIST] = run_list, [UNSEAL_EXTRACT] = run_extract,
        [UNSEAL_RECHECK] = run_rechecks, [UNSEAL_MEND] = run_mend,
    };

    if (sodium_init() < 0)
        return complain(&(struct fault){.status = SEAL_IO, .reason = REASON_SODIUM});
    if (options->mode != UNSEAL_RECHECK && check_passphrase_fd(options, fault) != SEAL_OK)
        return complain(fault);
    warn_of_clock(NULL, 0); /* the record gets its time */
    if (options->mode != UNSEAL_RECHECK)
        tell_input_pipes(options);
    return modes[options->mode](options, fault);
}

int main(int argc, char **argv)
{
    struct fault stopped = {.status = SEAL_OK};
    struct unseal_options options;
    enum exit_code code;

    plat_process_setup();
    if (argc == 1 && strcmp(argv[0], PLAT_WORKER_NAME) == 0)
        return intake_worker();
    window_hold_at_end();
    plat_process_restrict(true);
    ui_setup("unseal", false);
    code = unseal_options_parse(&options, argc, argv);
    ui_setup("unseal", options.quiet);
    if (code == EXIT_ALL_DONE)
        code = run(&options, &stopped);
    unseal_options_free(&options);
    if (stopped.status == SEAL_INTERRUPTED)
        plat_die_by_signal();
    return (int)finish_output(code);
}
