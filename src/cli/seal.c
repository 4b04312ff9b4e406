/*
 * seal: files and folders to one sealed file that only its recipients can open. The command line
 * becomes a request (seal_options.c), a job carries it out (jobs/seal_job.h, jobs/dry_run.h), and
 * what it tells becomes text (seal_report.c).
 */
#include "cli/seal_options.h"
#include "platform/process.h"
#include "cli/seal_report.h"
#include "cli/ui/message.h"
#include "cli/ui/window.h"

static enum exit_code code_for(const struct bag_totals *totals)
{
    return bag_is_incomplete(totals) ? EXIT_INCOMPLETE : EXIT_ALL_DONE;
}

static enum exit_code run_seal(const struct seal_options *options, struct fault *fault)
{
    struct seal_report report;
    struct seal_observer observer = seal_report_start(&report, options->verbose);
    struct seal_result result;
    enum exit_code code;

    tell_pipes(options->request.key_files, options->request.key_file_count);
    if (seal_job_run(&result, &options->request, &observer, fault) == SEAL_OK) {
        seal_report_result(&report, &options->request, &result);
        code = code_for(&result.totals);
    } else {
        code = complain(fault);
        seal_report_left_behind(&result);
    }
    seal_result_free(&result);
    return code;
}

static enum exit_code run_dry(const struct seal_options *options, struct fault *fault)
{
    struct seal_report report;
    struct seal_observer observer = seal_report_start(&report, options->verbose);
    struct dry_run_result result;
    enum exit_code code;

    if (dry_run(&result, &options->request, &observer, fault) == SEAL_OK) {
        seal_report_dry_run(&report, &options->request, &result);
        code = result.fits ? code_for(&result.totals) : exit_code_for(result.target.fault.status);
    } else {
        code = complain(fault);
    }
    dry_run_free(&result);
    return code;
}

int main(int argc, char **argv)
{
    struct fault fault = {.status = SEAL_OK};
    struct seal_options options;
    enum exit_code code;

    plat_process_setup();
    window_hold_at_end();
    plat_process_restrict(false);
    ui_setup("seal", false);
    code = seal_options_parse(&options, argc, argv);
    ui_setup("seal", options.quiet);
    if (code == EXIT_ALL_DONE)
        code = options.dry_run ? run_dry(&options, &fault) : run_seal(&options, &fault);
    seal_options_free(&options);
    if (fault.status == SEAL_INTERRUPTED)
        plat_die_by_signal();
    return (int)finish_output(code);
}
