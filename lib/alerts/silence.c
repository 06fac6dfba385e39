/* SPDX-License-Identifier: Apache-2.0 */
/* Silences of an Alertmanager: created, ended, listed. */
#include "alerts/alert_write.h"
#include "alerts/alertmanager.h"
#include "alerts/rfc3339.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

static const char silence_what[] = "silence";

/* ---- creating -------------------------------------------------------------------------------- */

static bool silence_text_is_valid(const char *text)
{
    return !text || promc__utf8_valid(text, strlen(text));
}

static const char *wrong_silence(const promc_silence *silence)
{
    if (!silence->matchers || !silence->matchers->name)
        return "there are no matchers";
    for (const promc_matcher *matcher = silence->matchers; matcher->name; matcher++) {
        if (!*matcher->name || !matcher->value)
            return "a matcher needs a name and a value";
        if (!silence_text_is_valid(matcher->name) || !silence_text_is_valid(matcher->value))
            return "a matcher is not UTF-8";
    }
    if (!promc__time_is_set(silence->ends_at))
        return "ends_at is not set";
    if (!promc__time_valid(silence->starts_at) || !promc__time_valid(silence->ends_at))
        return "starts_at or ends_at is no time";
    if (promc__time_is_set(silence->starts_at) &&
        promc__time_compare(silence->starts_at, silence->ends_at) > 0)
        return "starts_at is after ends_at";
    if (!silence_text_is_valid(silence->id) || !silence_text_is_valid(silence->created_by) ||
        !silence_text_is_valid(silence->comment))
        return "id, created_by and comment must be UTF-8";
    return NULL;
}

static void silence_string(promc__json_writer *writer, const char *key, const char *text)
{
    promc__json_write_key(writer, key);
    promc__json_write_string(writer, text ? text : "", text ? strlen(text) : 0);
}

static void silence_flag(promc__json_writer *writer, const char *key, bool flag)
{
    promc__json_write_key(writer, key);
    promc__json_write_raw(writer, flag ? "true" : "false");
}

static void write_silence(promc__buffer *out, const promc_silence *silence)
{
    promc__json_writer writer = {.out = out};
    bool starts = promc__time_is_set(silence->starts_at);

    promc__json_open(&writer, '{');
    if (silence->id && *silence->id)
        silence_string(&writer, "id", silence->id);
    promc__json_write_key(&writer, "matchers");
    promc__json_open(&writer, '[');
    for (const promc_matcher *matcher = silence->matchers; matcher->name; matcher++) {
        promc__json_open(&writer, '{');
        silence_string(&writer, "name", matcher->name);
        silence_string(&writer, "value", matcher->value);
        silence_flag(&writer, "isRegex", matcher->regex);
        silence_flag(&writer, "isEqual", !matcher->negative);
        promc__json_close(&writer, '}');
    }
    promc__json_close(&writer, ']');
    promc__json_write_time(&writer, "startsAt", starts ? silence->starts_at : promc__time_now());
    promc__json_write_time(&writer, "endsAt", silence->ends_at);
    silence_string(&writer, "createdBy", silence->created_by);
    silence_string(&writer, "comment", silence->comment);
    promc__json_close(&writer, '}');
}

static int silence_id_of(const struct promc__client_response *response, promc_silence_id *id)
{
    const promc__buffer *content = &response->reply.content;
    const char *text;
    promc__json json;
    int status = promc__json_read(&json, content->data, content->size, &promc__am_limits);

    if (status == PROMC_ERROR_NO_MEMORY)
        return promc__fail_memory(silence_what);
    if (status != PROMC_OK)
        return promc__am_unexpected("silences");
    text = promc__json_string(promc__json_member(json.values, "silenceID"));
    if (text && strlen(text) < sizeof(id->text))
        memcpy(id->text, text, strlen(text) + 1);
    else
        status = promc__am_unexpected("silences");
    promc__json_free(&json);
    return status;
}

int promc_alertmanager_silence(const promc_alertmanager_opts *alertmanager,
                               const promc_silence *silence, promc_silence_id *id)
{
    const char *wrong = silence ? wrong_silence(silence) : "it is NULL";
    struct promc__client_response response;
    promc__buffer body = PROMC__BUFFER(0);
    promc_alertmanager_opts set;
    promc__am_call call = {.method = "POST", .path = "silences"};
    int status = promc__am_options(&set, alertmanager);

    if (status == PROMC_OK && wrong)
        status = promc__fail(PROMC_ERROR_ARGUMENT, "silence: %s", wrong);
    if (status != PROMC_OK)
        return status;
    write_silence(&body, silence);
    call.body = body.data;
    call.body_size = body.size;
    status =
        body.error ? promc__fail_memory(silence_what) : promc__am_request(&set, &call, &response);
    promc__buffer_free(&body);
    if (status != PROMC_OK)
        return status;
    if (id)
        status = silence_id_of(&response, id);
    promc__client_response_free(&response);
    return status;
}

/* ---- ending ---------------------------------------------------------------------------------- */

int promc_alertmanager_expire(const promc_alertmanager_opts *alertmanager, const char *id)
{
    static const char path[] = "silence/";
    promc_alertmanager_opts set;
    char whole[sizeof(path) + sizeof(promc_silence_id)];
    int status = promc__am_options(&set, alertmanager);

    if (status != PROMC_OK)
        return status;
    if (!id || !*id || strlen(id) >= sizeof(promc_silence_id) ||
        strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") !=
            strlen(id))
        return promc__fail(PROMC_ERROR_ARGUMENT, "silence: \"%.60s\" is no id", id ? id : "");
    memcpy(whole, path, sizeof(path) - 1);
    memcpy(whole + sizeof(path) - 1, id, strlen(id) + 1);
    return promc__am_request(&set, &(promc__am_call){.method = "DELETE", .path = whole}, NULL);
}

/* ---- listing --------------------------------------------------------------------------------- */

static bool silence_read_matchers(const promc__json_value *array, promc_matcher *matchers)
{
    const promc__json_value *at = array + 1;

    for (size_t i = 0; i < array->count; i++, at += at->span, matchers++) {
        const promc__json_value *regex = promc__json_member(at, "isRegex");
        const promc__json_value *equal = promc__json_member(at, "isEqual");

        *matchers = (promc_matcher){.name = promc__json_string(promc__json_member(at, "name")),
                                    .value = promc__json_string(promc__json_member(at, "value")),
                                    .regex = regex && regex->type == PROMC__JSON_TRUE,
                                    .negative = equal && equal->type == PROMC__JSON_FALSE};
        if (!matchers->name || !matchers->value)
            return false;
    }
    *matchers = (promc_matcher){.name = NULL};
    return true;
}

static bool silence_read_state(const promc__json_value *object, int *state)
{
    const promc__json_value *status = promc__json_member(object, "status");
    const char *text = promc__json_string(promc__json_member(status, "state"));

    if (!text)
        return false;
    *state = strcmp(text, "active") == 0    ? PROMC_SILENCE_ACTIVE
             : strcmp(text, "pending") == 0 ? PROMC_SILENCE_PENDING
                                            : PROMC_SILENCE_EXPIRED;
    return true;
}

/* Takes as many matchers as the silence has, and one. */
static bool read_silence(const promc__json_value *object, promc_silence *silence,
                         promc_matcher **matchers)
{
    const promc__json_value *list = promc__json_member(object, "matchers");
    const char *starts = promc__json_string(promc__json_member(object, "startsAt"));
    const char *ends = promc__json_string(promc__json_member(object, "endsAt"));

    silence->id = promc__json_string(promc__json_member(object, "id"));
    silence->created_by = promc__json_string(promc__json_member(object, "createdBy"));
    silence->comment = promc__json_string(promc__json_member(object, "comment"));
    silence->matchers = *matchers;
    if (!silence->id || !silence->created_by || !silence->comment || !list ||
        list->type != PROMC__JSON_ARRAY || !silence_read_state(object, &silence->state) ||
        !starts || !promc__time_read(starts, &silence->starts_at) || !ends ||
        !promc__time_read(ends, &silence->ends_at) || !silence_read_matchers(list, *matchers))
        return false;
    *matchers += list->count + 1;
    return true;
}

static int tell_silences(const promc__json *json, promc_silences_handler handler, void *arg)
{
    const promc__json_value *at = json->values + 1;
    size_t count = json->values->count, size, room;
    promc_silence *silences = NULL;
    promc_matcher *matchers = NULL, *next;
    int status = PROMC_OK;

    if (json->values->type != PROMC__JSON_ARRAY)
        return promc__am_unexpected("silences");
    /* Every matcher is a value of the document, and so is every silence with its list's end. */
    if (promc__size_of(count, sizeof(*silences), 1, &size) &&
        promc__size_of(json->value_count, sizeof(*matchers), 0, &room)) {
        silences = promc__malloc(size);
        matchers = promc__malloc(room);
    }
    next = matchers;
    if (!silences || !matchers)
        status = promc__fail_memory(silence_what);
    for (size_t i = 0; i < count && status == PROMC_OK; i++, at += at->span)
        if (!read_silence(at, &silences[i], &next))
            status = promc__am_unexpected("silences");
    if (status == PROMC_OK && handler(silences, count, arg) < 0)
        status = promc__fail(PROMC_ERROR_SINK, "Alertmanager: the handler refused the silences");
    promc__free(silences);
    promc__free(matchers);
    return status;
}

int promc_alertmanager_silences(const promc_alertmanager_opts *alertmanager,
                                promc_silences_handler handler, void *arg)
{
    promc_alertmanager_opts set;
    promc__json json;
    int status = promc__am_options(&set, alertmanager);

    if (status == PROMC_OK && !handler)
        status = promc__fail(PROMC_ERROR_ARGUMENT, "Alertmanager: there is no handler");
    if (status == PROMC_OK)
        status = promc__am_get(&set, "silences", &json);
    if (status != PROMC_OK)
        return status;
    status = tell_silences(&json, handler, arg);
    promc__json_free(&json);
    return status;
}
