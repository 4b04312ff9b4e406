/*
 * One sentence for what happened and one for what to do, from the data of a fault.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "platform/worker.h"
#include "text/catalog.h"

static const enum text_id reason_texts[REASON_COUNT] = {
    [REASON_NONE] = T_REASON_NONE,
#define FAULT(reason, status) [REASON_##reason] = T_REASON_##reason,
#include "base/reasons.def"
#undef FAULT
};

/* A status whose own words come first, with the reason in parentheses. Others need none. */
static const enum text_id frames[] = {
    [SEAL_LOCAL_NAME] = T_FRAME_LOCAL_NAME, [SEAL_DAMAGED] = T_FRAME_DAMAGED,
    [SEAL_HOSTILE] = T_FRAME_HOSTILE,       [SEAL_NEWER] = T_FRAME_NEWER,
    [SEAL_BROKE] = T_FRAME_BROKE,
};

/* What the status advises, if anything. */
static const enum text_id status_advice[] = {
    [SEAL_NO_MEMORY] = T_ADVICE_NO_MEMORY,
    [SEAL_EXISTS] = T_ADVICE_EXISTS,
    [SEAL_NO_ROOM] = T_ADVICE_NO_ROOM,
    [SEAL_LOCAL_NAME] = T_ADVICE_LOCAL_NAME,
    [SEAL_INTERRUPTED] = T_ADVICE_INTERRUPTED,
    [SEAL_BAD_KEY] = T_ADVICE_BAD_KEY,
    [SEAL_WRONG_PASSPHRASE] = T_ADVICE_WRONG_PASSPHRASE,
    [SEAL_NO_KEY] = T_ADVICE_NO_KEY,
    [SEAL_DAMAGED] = T_ADVICE_DAMAGED,
    [SEAL_HOSTILE] = T_ADVICE_HOSTILE,
    [SEAL_NEWER] = T_ADVICE_NEWER,
    [SEAL_TOO_MUCH] = T_ADVICE_TOO_MUCH,
    [SEAL_BROKE] = T_ADVICE_BROKE,
};

/* Where the reason knows better than the status. */
static const struct {
    enum seal_reason reason;
    enum text_id advice;
} reason_advice[] = {
    {REASON_EXCHANGED, T_ADVICE_EXCHANGED},
    {REASON_NOTHING_SALVAGED, T_ADVICE_EMPTY},
    {REASON_FINGERPRINT_OTHER, T_ADVICE_OTHER_KEY},
    {REASON_KEY_LOOSE, T_ADVICE_CHMOD},
    {REASON_KEY_NO_RIGHTS, T_ADVICE_LOCK_KEY},
    {REASON_KEY_NOTE_OTHER, T_ADVICE_NOTE_OTHER},
    {REASON_KEY_FILE_LARGE, T_ADVICE_RIGHT_FILE},
    {REASON_KEY_FOLDER, T_ADVICE_GIVE_KEY_FILE},
    {REASON_KEY_NONE, T_ADVICE_RIGHT_FILE},
    {REASON_KEY_NO_PUBLIC, T_ADVICE_GIVE_PUBLIC},
    {REASON_KEY_NO_SECRET, T_ADVICE_GIVE_SECRET},
    {REASON_KEY_TEXT_GIVEN, T_ADVICE_KEY_SAVED},
    {REASON_KEY_FINGERPRINT_GIVEN, T_ADVICE_GIVE_KEY_FILE},
    {REASON_KEY_FILE_PACKED, T_ADVICE_KEY_UNPACKED},
    {REASON_KEY_FILE_DOCUMENT, T_ADVICE_KEY_UNPACKED},
    {REASON_KEY_FILE_PICTURE, T_ADVICE_KEY_UNPACKED},
    {REASON_KEY_ENCODING_MIXED, T_ADVICE_KEY_AS_UTF8},
    {REASON_KEY_LINE_UTF16, T_ADVICE_KEY_AS_UTF8},
    {REASON_KEY_LINE_UNKNOWN, T_ADVICE_NEWER},
    {REASON_KEY_UTF16_DAMAGED, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_BASE64, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_END_MISSING, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_HTML, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_QUOTED_PRINTABLE, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_DASHES, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_SPACES, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_INVISIBLE, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_QUOTED, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_INDENTED, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_PREFIXED, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_JOINED, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_LENGTH, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_ALONE, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_STRAY, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_CASE, T_ADVICE_KEY_AS_FILE},
    {REASON_KEY_LINE_ODD, T_ADVICE_KEY_AS_FILE},
    {REASON_PASSPHRASE_NOT_UTF8, T_ADVICE_TYPE_UTF8},
    {REASON_PASSPHRASE_UTF16, T_ADVICE_PASSPHRASE_UTF8},
    {REASON_PASSPHRASE_INVISIBLE, T_ADVICE_PASSPHRASE_CHANGE},
    {REASON_PASSPHRASE_BLANK_ENDS, T_ADVICE_PASSPHRASE_CHANGE},
    {REASON_PASSPHRASE_ODD, T_ADVICE_PASSPHRASE_ODD},
    {REASON_PASSPHRASE_LONG, T_ADVICE_SHORTER},
    {REASON_READS_DIFFERENT, T_ADVICE_MEDIUM_LIES},
    {REASON_READS_MENDED, T_ADVICE_MEDIUM_LIES},
    {REASON_NAME_SPELLED_LONG, T_ADVICE_NAME_SPELLED_LONG},
    {REASON_INPUT_BAG, T_ADVICE_RECHECK},
    {REASON_PATH_NOT_IN_BAG, T_ADVICE_LIST},
    {REASON_PATH_OTHER_FORM, T_ADVICE_LIST_COPY},
    {REASON_RENAME_LOST, T_ADVICE_OTHER_PLACE},
    {REASON_NO_UTF8_LOCALE, T_ADVICE_UTF8_LOCALE},
    {REASON_EMPTY, T_ADVICE_EMPTY},
    {REASON_MADE_TEXT, T_ADVICE_MADE_TEXT},
    {REASON_TOO_SHORT, T_ADVICE_LOST},
    {REASON_BEGIN_LOST, T_ADVICE_LOST},
    {REASON_LOCK, T_ADVICE_LOCK},
    {REASON_LOG_NONE, T_ADVICE_LOG},
    {REASON_EXISTS_NO_FILE, T_ADVICE_STDOUT},
    {REASON_WORKER_UNFIT, T_ADVICE_WORKER_UNFIT},
    {REASON_OVER_ROOM, T_ADVICE_MAKE_ROOM_FOR_IT},
    {REASON_FILES_USED_UP, T_ADVICE_REMOVE_FILES},
    {REASON_SPACE_TOO_SMALL, T_ADVICE_MAKE_ROOM},
};

/* What to do about an error of the system. */
static const struct {
    int error;
    enum text_id advice;
} error_advice[] = {
    {ENOSPC, T_ADVICE_MAKE_ROOM},
#ifdef EDQUOT /* not on Windows */
    {EDQUOT, T_ADVICE_MAKE_ROOM},          {EPERM, T_ADVICE_NOT_PERMITTED},
#else
    {EPERM, T_ADVICE_NO_RIGHT},
#endif
    {EFBIG, T_ADVICE_FILE_TOO_LARGE},      {EIO, T_ADVICE_MEDIUM_FAILS},
    {EROFS, T_ADVICE_WRITE_PROTECTED},     {EACCES, T_ADVICE_NO_RIGHT},
    {ENOENT, T_ADVICE_SPELLING},           {EMFILE, T_ADVICE_TOO_MANY_OPEN},
    {ENFILE, T_ADVICE_TOO_MANY_OPEN},      {EAGAIN, T_ADVICE_NO_MEMORY},
    {ENAMETOOLONG, T_ADVICE_SHORTER_NAME},
};

/* Of a name that is not there: what may have happened to it before it was given. */
static enum text_id advice_for_name(const char *name)
{
    size_t len = strlen(name);
    char last = len > 0 ? name[len - 1] : '\0';

    if (strcmp(name, "-") == 0)
        return T_ADVICE_NAME_DASH;
    if (name[0] == '~')
        return T_ADVICE_NAME_TILDE;
    if (strstr(name, "://") != NULL)
        return T_ADVICE_NAME_ADDRESS;
    if ((last == '"' || last == '\'') && len > 1 && name[0] == last)
        return T_ADVICE_NAME_QUOTED;
    return last == '\r' || last == ' ' ? T_ADVICE_NAME_END : T_ADVICE_SPELLING;
}

/* Where something is to be created, its folder was there a moment ago. */
static enum text_id advice_for_error(const struct fault *f, enum text_id advice)
{
    if (advice != T_ADVICE_SPELLING)
        return advice;
    return f->reason == REASON_CREATE ? T_ADVICE_FOLDER_GONE : advice_for_name(f->name);
}

static bool has_no_name_while_open(const struct fault *f)
{
#ifdef ETXTBSY /* not everywhere */
    if (f->reason == REASON_RENAME && f->sys == ETXTBSY)
        return true;
#endif
    return f->reason == REASON_RENAME && f->sys == EBUSY;
}

static enum text_id advice_for(const struct fault *f)
{
    for (size_t i = 0; i < sizeof reason_advice / sizeof reason_advice[0]; i++)
        if (reason_advice[i].reason == f->reason && f->status != SEAL_INTERRUPTED)
            return reason_advice[i].advice;
    if (f->status == SEAL_IO && is_medium_gone(f->sys))
        return T_ADVICE_MEDIUM_GONE;
    if (has_no_name_while_open(f))
        return T_ADVICE_NO_NAME_WHILE_OPEN;
    /* Where no error says why, or one that is no matter of files. */
    if (f->reason == REASON_WORKER_START && (f->sys == 0 || f->sys == EPERM))
        return T_ADVICE_WORKER_START;
    for (size_t i = 0; i < sizeof error_advice / sizeof error_advice[0]; i++)
        if (f->status == SEAL_IO && error_advice[i].error == f->sys)
            return advice_for_error(f, error_advice[i].advice);
    return f->status < sizeof status_advice / sizeof status_advice[0] ? status_advice[f->status]
                                                                      : T_NONE;
}

size_t text_cage_pieces(char *out, size_t size, const struct catalog *catalog, unsigned int missing)
{
    static const struct {
        unsigned int piece;
        enum text_id text;
    } pieces[] = {
#ifdef _WIN32
        {PLAT_CAGE_FILES, T_CAGE_FILES_WINDOWS},
        {PLAT_CAGE_CALLS, T_CAGE_CALLS_WINDOWS},
#else
        {PLAT_CAGE_FILES, T_CAGE_FILES},
        {PLAT_CAGE_CALLS, T_CAGE_CALLS},
#endif
        {PLAT_CAGE_PRIVILEGES, T_CAGE_PRIVILEGES},
        {PLAT_CAGE_LIMITS, T_CAGE_LIMITS},
    };
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if ((missing & pieces[i].piece) == 0)
            continue;
        if (len > 0)
            len += text_format(out + len, size - len, catalog, T_LIST_COMMA, NULL);
        len += text_format(out + len, size - len, catalog, pieces[i].text, NULL);
    }
    return len;
}

static struct text_args args_of(const struct fault *f)
{
    return (struct text_args){.name = f->name,
                              .other = f->item,
                              .word = f->item,
                              .count = f->number,
                              .number = f->number,
                              .limit = f->limit,
                              .size = f->number,
                              .most = f->limit,
                              .error = f->sys};
}

/* The status says all there is to say. */
static bool hides_reason(const struct fault *f)
{
    return f->status == SEAL_INTERRUPTED || f->status == SEAL_WRONG_PASSPHRASE;
}

static enum seal_reason reason_of(const struct fault *f)
{
    return hides_reason(f) || f->reason == REASON_NONE ? (enum seal_reason)f->status : f->reason;
}

static bool has_own_reason(const struct fault *f)
{
    return (int)reason_of(f) != (int)f->status;
}

static size_t write_reason(char *out, size_t size, const struct catalog *catalog,
                           const struct fault *f)
{
    struct text_args args = args_of(f);
    char pieces[512], last[DATE_TEXT_SIZE], today[DATE_TEXT_SIZE];

    if (f->reason == REASON_RECIPIENT_EXPIRED || f->reason == REASON_KEY_EXPIRED) {
        date_text(last, (uint32_t)f->number);
        date_text(today, (uint32_t)f->limit);
        args.word = last;
        args.words = today;
    }
    if (f->reason == REASON_WORKER_UNCAGED) {
        (void)text_cage_pieces(pieces, sizeof pieces, catalog, (unsigned int)f->number);
        args.words = pieces;
    }
    return text_format(out, size, catalog, reason_texts[reason_of(f)], &args);
}

size_t text_reason(char *out, size_t size, const struct catalog *catalog, const struct fault *fault)
{
    out[0] = '\0';
    if (fault == NULL || !has_own_reason(fault))
        return 0;
    return write_reason(out, size, catalog, fault);
}

static enum text_id frame_for(const struct fault *f)
{
    if (has_own_reason(f) && f->status < sizeof frames / sizeof frames[0] &&
        frames[f->status] != T_NONE)
        return frames[f->status];
    return f->sys != 0 && f->status == SEAL_IO ? T_FRAME_ERROR : T_FRAME_REASON;
}

static enum text_id subject_for(const struct fault *f)
{
    bool has_item = f->status == SEAL_HOSTILE && f->item[0] != '\0';

    if (f->more > 0)
        return has_item ? T_FAULT_OF_ITEM_OF_SEVERAL : T_FAULT_OF_SEVERAL;
    return has_item ? T_FAULT_OF_ITEM : T_FAULT_OF;
}

size_t text_fault(char *out, size_t size, const struct catalog *catalog, const struct fault *fault)
{
    char reason[TEXT_FAULT_SIZE], sentence[TEXT_FAULT_SIZE];
    struct text_args args = args_of(fault);
    enum text_id advice = advice_for(fault);
    size_t len;

    (void)write_reason(reason, sizeof reason, catalog, fault);
    args.words = reason;
    len = text_format(sentence, sizeof sentence, catalog, frame_for(fault), &args);
    args.words = sentence;
    args.count = fault->more;
    if (fault->name[0] != '\0')
        len = text_format(out, size, catalog, subject_for(fault), &args);
    else
        len = text_format(out, size, catalog, T_FAULT_OF_NOBODY, &args);
    if (advice == T_NONE || len + 1 >= size)
        return len;
    out[len++] = ' ';
    return len + text_format(out + len, size - len, catalog, advice, &args);
}
