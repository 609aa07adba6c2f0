#include "bench_answer.h"

#include <string.h>

#include "bench_record.h"

void bench_problem_begin(struct bench_problem *problem, const char *code, const char *message)
{
    problem->code = code;
    problem->text = bench_text_over(problem->bytes, sizeof problem->bytes);
    bench_text_add(&problem->text, message);
}

/** What the protocol calls an error of the core, and what it says where the fault gives no reason. */
struct wording {
    const char *code;
    const char *reason;
};

static struct wording wording_of(int result)
{
    switch (result) {
    case TL_ERR_NO_FILE: return (struct wording){"no_file", " is not on the card"};
    case TL_ERR_BAD_SIZE: return (struct wording){"bad_size", ""};
    case TL_ERR_BAD_CONFIG: return (struct wording){"bad_config", ""};
    case TL_ERR_NO_MEMORY: return (struct wording){"no_memory", " needs more memory than it was given"};
    case TL_ERR_CARD_READ: return (struct wording){"card_read", " could not be read"};
    case TL_ERR_BAD_LOGITS: return (struct wording){"bad_logits", ""};
    case TL_ERR_BAD_WEIGHTS: return (struct wording){"bad_weights", " has a scale that is NaN or infinite"};
    case TL_ERR_BAD_HASH: return (struct wording){"bad_hash", " is not what manifest.json says"};
    case TL_ERR_FLASH: return (struct wording){"flash", ": the weights partition did not take or keep its layers"};
    default: return (struct wording){"bad_arg", ""};
    }
}

/** FOLDER/FILE: KEY, as far as the fault says it. */
static void add_subject(struct bench_text *text, const struct tl_fault *fault, const char *folder)
{
    bench_text_tame(text, folder);
    if (fault->file) {
        bench_text_char(text, '/');
        bench_text_tame(text, fault->file);
    }
    if (!fault->subject || (fault->file && strcmp(fault->subject, fault->file) == 0)) return;
    bench_text_add(text, ": ");
    bench_text_tame(text, fault->subject);
}

void bench_problem_of_core(struct bench_problem *problem, int result, const struct tl_fault *fault, const char *where)
{
    struct bench_text *text = &problem->text;
    const struct wording wording = wording_of(result);
    bench_problem_begin(problem, wording.code, "");
    if (result == TL_ERR_BAD_LOGITS) {
        bench_text_add(text, "a logit is NaN or infinite: check the weights in ");
        bench_text_tame(text, where);
        return;
    }
    add_subject(text, fault, where);
    if (result == TL_ERR_BAD_SIZE) {
        bench_text_add(text, " has ");
        bench_text_uint(text, fault->found);
        bench_text_add(text, " bytes, its shape needs ");
        bench_text_uint(text, fault->expected);
    }
    if (fault->reason) bench_text_char(text, ' ');
    bench_text_add(text, fault->reason ? fault->reason : wording.reason);
}

static void send_ack(struct bench *bench, uint32_t sequence, const char *extra, bool again)
{
    struct bench_record record;
    bench_record_begin(&record, "ack", bench->session.ack_nonce);
    bench_record_uint(&record, "q", sequence);
    bench_text_add(&record.text, extra);
    if (again) bench_record_uint(&record, "dup", 1);
    bench_record_send(&record, bench);
}

void bench_ack(struct bench *bench, const struct bench_command *command, const char *extra)
{
    struct bench_session *session = &bench->session;
    memcpy(session->ack_nonce, session->nonce, sizeof session->nonce);
    if (command->sequence != 0) {
        struct bench_text remembered = bench_text_over(session->last_ack, sizeof session->last_ack);
        bench_text_add(&remembered, extra);
        session->last_sequence = command->sequence;
        session->last_crc = command->crc;
    }
    send_ack(bench, command->sequence, extra, false);
}

void bench_ack_again(struct bench *bench)
{
    send_ack(bench, bench->session.last_sequence, bench->session.last_ack, true);
}

void bench_refuse(struct bench *bench, uint32_t sequence, const struct bench_problem *problem)
{
    struct bench_record record;
    bench_record_answer(&record, bench, "err", sequence);
    bench_record_string(&record, "code", problem->code);
    bench_record_string(&record, "msg", problem->text.bytes);
    bench_record_send(&record, bench);
}

void bench_refuse_line(struct bench *bench, uint32_t sequence, const char *code, const char *message)
{
    bench_refuse_word(bench, sequence, code, message, "");
}

void bench_refuse_word(struct bench *bench, uint32_t sequence, const char *code, const char *message, const char *word)
{
    struct bench_problem problem;
    bench_problem_begin(&problem, code, message);
    bench_text_tame(&problem.text, word);
    bench_refuse(bench, sequence, &problem);
}
