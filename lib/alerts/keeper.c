/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts that are sent again and again while they fire (Prometheus: rules/alerting.go, sendAlerts).
 */
#include "alerts/alert_check.h"
#include "alerts/alert_write.h"
#include "alerts/alertmanager.h"
#include "alerts/rfc3339.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"
#include "delivery/periodic.h"

static const char keeper_what[] = "alert keeper";

enum {
    KEEPER_INTERVAL = 60,
    KEEPER_RETRY = 1,           /* seconds to the first repetition of what failed */
    KEEPER_LIVES = 4,           /* intervals that an alert outlives its sender */
    KEEPER_RETENTION = 15 * 60, /* seconds that a resolved one is tried */
};

struct kept_alert {
    struct kept_alert *next;
    promc__keep keep; /* owns what the alert points to */
    promc_alert alert;
    promc_label *labels; /* what it is known by: without empty values, sorted */
    bool resolved;       /* alert.ends_at is when */
    bool told;           /* and that is in the request `request` */
    uint64_t pass;       /* the last in which it was sent */
    uint64_t request;
};

struct promc_alert_keeper {
    promc_alertmanager_opts set; /* of its own strings; the first member */
    double interval;
    long process; /* that has the thread */
    promc_pusher *pusher;
    pthread_mutex_t lock; /* of what follows */
    struct kept_alert *first;
    uint64_t pass, request; /* counted */
    promc_alert batch[PROMC__ALERTS_EACH];
};

/* ---- alerts ---------------------------------------------------------------------------------- */

static void free_kept(struct kept_alert *kept)
{
    promc__keep_free(&kept->keep);
    promc__free(kept);
}

/* Moves what has a value to the front, sorted by name. Lists are short. */
static void sort_kept_labels(promc_label *labels)
{
    size_t count = 0;

    for (size_t i = 0; labels[i].name; i++) {
        promc_label label = labels[i];
        size_t at = count;

        if (!*label.value)
            continue;
        for (; at > 0 && strcmp(labels[at - 1].name, label.name) > 0; at--)
            labels[at] = labels[at - 1];
        labels[at] = label;
        count++;
    }
    labels[count] = (promc_label){NULL, NULL};
}

static bool same_labels(const promc_label *a, const promc_label *b)
{
    for (; a->name && b->name; a++, b++)
        if (strcmp(a->name, b->name) != 0 || strcmp(a->value, b->value) != 0)
            return false;
    return !a->name && !b->name;
}

/* NULL: no memory. */
static struct kept_alert *copy_alert(const promc_alert *alert)
{
    struct kept_alert *kept = promc__zalloc(sizeof(*kept));
    promc__keep *keep;

    if (!kept)
        return NULL;
    keep = &kept->keep;
    kept->labels = (promc_label *)promc__keep_labels(keep, alert->labels);
    kept->alert.labels = kept->labels;
    kept->alert.annotations = promc__keep_labels(keep, alert->annotations);
    kept->alert.generator_url = promc__keep_string(keep, alert->generator_url);
    kept->alert.starts_at = alert->starts_at;
    if (keep->failed) {
        free_kept(kept);
        return NULL;
    }
    sort_kept_labels(kept->labels);
    return kept;
}

/* Where the alert with these labels is, or the end of the list; with the lock. */
static struct kept_alert **find_kept(promc_alert_keeper *keeper, const promc_label *labels)
{
    struct kept_alert **at = &keeper->first;

    while (*at && !same_labels((*at)->labels, labels))
        at = &(*at)->next;
    return at;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* What is sent of an alert; with the lock. */
static promc_alert alert_now(const promc_alert_keeper *keeper, struct kept_alert *kept,
                             struct timespec now)
{
    promc_alert alert = kept->alert;

    kept->pass = keeper->pass;
    kept->request = keeper->request;
    kept->told = kept->resolved;
    if (kept->resolved)
        return alert;
    alert.ends_at = promc__time_later(now, KEEPER_LIVES * keeper->interval);
    if (promc__time_compare(alert.ends_at, alert.starts_at) < 0)
        alert.ends_at = alert.starts_at;
    return alert;
}

/* Writes alerts that were not sent in this pass; gives how many. The lock is held for that only, so
 * that nobody waits for the network. */
static size_t write_batch(promc_alert_keeper *keeper, promc__buffer *body)
{
    struct timespec now = promc__time_now();
    size_t count = 0;

    body->size = 0;
    promc__lock(&keeper->lock);
    keeper->request++;
    for (struct kept_alert *kept = keeper->first; kept && count < PROMC__ALERTS_EACH;
         kept = kept->next)
        if (kept->pass != keeper->pass)
            keeper->batch[count++] = alert_now(keeper, kept, now);
    if (count)
        promc__alerts_write(body, keeper->batch, count, false, now);
    promc__unlock(&keeper->lock);
    return count;
}

/* Forgets what is resolved and was said (in the last request, if that has arrived), or too long
 * ago. */
static void forget_resolved(promc_alert_keeper *keeper, bool arrived)
{
    struct timespec now = promc__time_now();

    promc__lock(&keeper->lock);
    for (struct kept_alert **at = &keeper->first; *at;) {
        struct kept_alert *kept = *at;
        bool known = arrived && kept->told && kept->request == keeper->request;
        bool old =
            kept->resolved &&
            promc__time_compare(promc__time_later(kept->alert.ends_at, KEEPER_RETENTION), now) < 0;

        if (known || old) {
            *at = kept->next;
            free_kept(kept);
        } else {
            at = &kept->next;
        }
    }
    promc__unlock(&keeper->lock);
}

/* One pass over all alerts. A request that is refused does not keep back the next one. */
static int send_kept(void *arg, bool last)
{
    promc_alert_keeper *keeper = arg;
    promc__am_call call = {.method = "POST", .path = "alerts"};
    promc__buffer body = PROMC__BUFFER(0);
    int status = PROMC_OK, sent = PROMC_OK;

    (void)last;
    promc__lock(&keeper->lock);
    keeper->pass++;
    promc__unlock(&keeper->lock);
    while ((sent == PROMC_OK || sent == PROMC_ERROR_REFUSED) && write_batch(keeper, &body)) {
        call.body = body.data;
        call.body_size = body.size;
        sent = body.error ? promc__fail_memory(keeper_what)
                          : promc__am_request(&keeper->set, &call, NULL);
        forget_resolved(keeper, sent == PROMC_OK);
        if (sent != PROMC_OK)
            status = sent;
    }
    promc__buffer_free(&body);
    return status;
}

/* ---- beginning and ending -------------------------------------------------------------------- */

static double keeper_interval(const promc_alertmanager_opts *set)
{
    return set->interval == 0 ? KEEPER_INTERVAL : set->interval;
}

static void own_keeper(void *state, promc__keep *keep)
{
    promc_alert_keeper *keeper = state;
    promc_alertmanager_opts *set = &keeper->set;

    (void)pthread_mutex_init(&keeper->lock, NULL);
    keeper->interval = keeper_interval(set);
    keeper->process = promc__os.process_id();
    set->url = promc__keep_string(keep, set->url);
    set->headers = promc__keep_labels(keep, set->headers);
    promc__keep_access(keep, &set->user, &set->password, &set->token, &set->unix_path,
                       &set->transport);
    set->status = NULL;
}

static void end_keeper(void *state)
{
    promc_alert_keeper *keeper = state;

    while (keeper->first) {
        struct kept_alert *next = keeper->first->next;

        free_kept(keeper->first);
        keeper->first = next;
    }
    (void)pthread_mutex_destroy(&keeper->lock);
}

promc_alert_keeper *promc_alert_keeper_create(const promc_alertmanager_opts *alertmanager)
{
    promc_alertmanager_opts set;
    promc_alert_keeper *keeper;
    promc_pusher *pusher;
    void *state;

    if (promc__am_options(&set, alertmanager) != PROMC_OK)
        return NULL;
    pusher = promc__periodic_start(&(promc__periodic){.what = keeper_what,
                                                      .options = &set,
                                                      .options_size = sizeof(set),
                                                      .state_size = sizeof(*keeper),
                                                      .own = own_keeper,
                                                      .push = send_kept,
                                                      .end = end_keeper,
                                                      .interval = keeper_interval(&set),
                                                      .retry = KEEPER_RETRY},
                                   &state);
    if (!pusher)
        return NULL;
    keeper = state;
    keeper->pusher = pusher;
    return keeper;
}

int promc_alert_keeper_error(promc_alert_keeper *keeper, promc_error *error)
{
    return promc_pusher_error(keeper ? keeper->pusher : NULL, error);
}

int promc_alert_keeper_stop(promc_alert_keeper *keeper)
{
    return promc_pusher_stop(keeper ? keeper->pusher : NULL);
}

/* ---- firing and resolving -------------------------------------------------------------------- */

static int check_kept(const promc_alert_keeper *keeper, const promc_alert *alert)
{
    if (!keeper || !alert)
        return promc__fail(PROMC_ERROR_ARGUMENT, "alert keeper: %s is NULL",
                           keeper ? "the alert" : "it");
    if (keeper->process != promc__os.process_id())
        return promc__fail(
            PROMC_ERROR_STATE,
            "alert keeper: it belongs to the parent process; start another one here");
    return promc__alerts_check(alert, 1, keeper->set.utf8_names);
}

/* Puts the alert into the list, in the place of what is there by that name; with the lock. Whether
 * that is news. */
static bool put_kept(promc_alert_keeper *keeper, struct kept_alert *kept)
{
    struct kept_alert **at = find_kept(keeper, kept->labels), *old = *at;
    bool fires = old && !old->resolved;

    if (!promc__time_is_set(kept->alert.starts_at))
        kept->alert.starts_at = fires ? old->alert.starts_at : promc__time_now();
    if (fires) /* it need not be sent twice in a pass */
        kept->pass = old->pass;
    kept->next = old ? old->next : NULL;
    *at = kept;
    if (old)
        free_kept(old);
    return !fires;
}

int promc_alert_keeper_fire(promc_alert_keeper *keeper, const promc_alert *alert)
{
    promc_alert firing = alert ? *alert : (promc_alert){.labels = NULL};
    struct kept_alert *kept;
    bool news;
    int status;

    firing.ends_at = (struct timespec){.tv_sec = 0};
    status = check_kept(keeper, alert ? &firing : NULL);
    if (status != PROMC_OK)
        return status;
    kept = copy_alert(&firing);
    if (!kept)
        return promc__fail_memory(keeper_what);
    promc__lock(&keeper->lock);
    news = put_kept(keeper, kept);
    promc__unlock(&keeper->lock);
    if (news)
        promc__pusher_kick(keeper->pusher);
    return PROMC_OK;
}

int promc_alert_keeper_resolve(promc_alert_keeper *keeper, const promc_label *labels)
{
    promc_alert alert = {.labels = labels};
    struct kept_alert *wanted, *kept;
    bool news;
    int status = check_kept(keeper, &alert);

    if (status != PROMC_OK)
        return status;
    wanted = copy_alert(&alert);
    if (!wanted)
        return promc__fail_memory(keeper_what);
    promc__lock(&keeper->lock);
    kept = *find_kept(keeper, wanted->labels);
    news = kept && !kept->resolved;
    if (news) {
        kept->resolved = true;
        kept->alert.ends_at = promc__time_now();
        if (promc__time_compare(kept->alert.ends_at, kept->alert.starts_at) < 0)
            kept->alert.ends_at = kept->alert.starts_at;
    }
    promc__unlock(&keeper->lock);
    free_kept(wanted);
    if (news)
        promc__pusher_kick(keeper->pusher);
    return PROMC_OK;
}
