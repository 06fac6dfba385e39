/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of calls: metrics of all types are made, updated, removed, scraped; a model that knows
 * nothing but the documentation predicts every sample. A call may be told that memory will be
 * refused: then it may fail, but nothing may have changed, and no update may be lost.
 *
 * Sums are compared exactly: the amounts are such that no order of adding them makes a difference.
 */
#include "api_scrape.h"

#include "base/os.h"

/* ---- calls ----------------------------------------------------------------------------------- */

/* Multiples of 2^-10 below 2^21: sums of thousands of them are exact. */
static double choose_amount(struct choices *from)
{
    static const double amounts[] = {1,   0,   -1,      0.25, 2.5,      100,       1e6 + 0x1p-10,
                                     1e6, -64, 0x1p-10, -0.0, INFINITY, -INFINITY, NAN};

    return amounts[choose_below(from, sizeof(amounts) / sizeof(amounts[0]))];
}

/* Chooses a child's values. Returns its place in the model. */
static unsigned choose_values(struct choices *from, unsigned labels, const char *values[2])
{
    unsigned first = (unsigned)choose_below(from, VALUES);
    unsigned second = labels == 2 ? (unsigned)choose_below(from, VALUES) : 0;

    values[0] = label_values[first];
    values[1] = label_values[second];
    return first + VALUES * second;
}

static void call_make(struct choices *from, unsigned slot)
{
    struct metric *metric = &world.metrics[slot];
    unsigned chosen = choose_byte(from), labels = chosen / KINDS % 3;
    enum kind kind = (enum kind)(chosen % KINDS);
    void *made = make_metric(kind, names[slot], labels ? label_names + (2 - labels) : NULL);
    bool refused = grant_memory();

    if (metric->handle && metric->registered) {
        require(!made);
        require(refused || promc_last_error()->code == PROMC_ERROR_DUPLICATE);
        return;
    }
    if (metric->handle) { /* it is in no registry, so its name is free */
        if (made)
            of[kind].free(made, labels != 0);
        require(made || refused);
        return;
    }
    require(made || refused);
    if (!made)
        return;
    *metric = (struct metric){.handle = made, .kind = kind, .labels = labels, .registered = true};
    if (!labels)
        begin_child(&metric->children[0]);
}

static void *find_child(struct choices *from, struct metric *metric, struct child **child)
{
    const char *values[2];
    unsigned at;
    void *handle;
    bool refused, valid;

    *child = &metric->children[0];
    if (!metric->labels)
        return metric->handle;
    at = choose_values(from, metric->labels, values);
    *child = &metric->children[at];
    if (choose_byte(from) & 1) {
        const char *const *label = label_names + (2 - metric->labels);
        promc_label backwards[3] = {
            {label[metric->labels - 1], values[metric->labels - 1]},
            {metric->labels == 2 ? label[0] : NULL, metric->labels == 2 ? values[0] : NULL}};

        handle = of[metric->kind].find_by_name(metric->handle, backwards);
    } else {
        handle = of[metric->kind].find(metric->handle, values, metric->labels);
    }
    refused = grant_memory();
    /* What is there is found without memory, unless its values have to be repaired first. */
    valid = at % VALUES < VALUES - 1 && at / VALUES < VALUES - 1;
    require(handle || (refused && !((*child)->there && valid)));
    if (handle && !(*child)->there)
        begin_child(*child);
    return handle;
}

static void update_counter(struct choices *from, promc_counter *counter, struct child *child)
{
    double amount = 1;

    switch (choose_below(from, 4)) {
    case 0:
        promc_counter_inc(counter);
        break;
    case 1:
        amount = choose_amount(from);
        promc_counter_add(counter, amount);
        break;
    case 2:
        amount = choose_amount(from);
        promc_counter_add_exemplar(counter, amount, pair_lists[choose_below(from, PAIRS)]);
        break;
    default:
        promc_counter_reset(counter);
        child->value = amount = 0;
        child->created = world.now;
    }
    if (!(amount < 0))
        child->value += amount;
}

static void update_gauge(struct choices *from, promc_gauge *gauge, struct child *child)
{
    double amount = choose_amount(from);

    switch (choose_below(from, 6)) {
    case 0:
        promc_gauge_inc(gauge);
        child->value += 1;
        break;
    case 1:
        promc_gauge_dec(gauge);
        child->value -= 1;
        break;
    case 2:
        promc_gauge_add(gauge, amount);
        child->value += amount;
        break;
    case 3:
        promc_gauge_sub(gauge, amount);
        child->value -= amount;
        break;
    case 4:
        promc_gauge_set_to_current_time(gauge);
        child->value = world.now;
        break;
    default:
        promc_gauge_set(gauge, amount);
        child->value = amount;
    }
}

static void update_info(struct choices *from, promc_info *info, struct child *child)
{
    unsigned pairs = (unsigned)choose_below(from, PAIRS);
    int status = promc_info_set(info, pair_lists[pairs]);

    require(grant_memory() ? status == PROMC_OK || status == PROMC_ERROR_NO_MEMORY
                           : status == PROMC_OK);
    if (status == PROMC_OK)
        child->pairs = pairs;
}

static void update_enum(struct choices *from, promc_enum *e, struct child *child)
{
    unsigned state = (unsigned)choose_below(from, STATES + 1);
    int status = promc_enum_state(e, state < STATES ? states[state] : "none");

    require(status == (state < STATES ? PROMC_OK : PROMC_ERROR_ARGUMENT));
    if (state < STATES)
        child->state = state;
}

/* `child` gets what the handle gets. */
static void update(struct choices *from, unsigned slot, void *handle, struct child *child)
{
    enum kind kind = world.metrics[slot].kind;
    double value;

    switch (kind) {
    case COUNTER:
        update_counter(from, handle, child);
        return;
    case GAUGE:
        update_gauge(from, handle, child);
        return;
    case INFO:
        update_info(from, handle, child);
        return;
    case ENUM:
        update_enum(from, handle, child);
        return;
    default:
        break;
    }
    value = choose_amount(from);
    if (kind == SUMMARY) {
        promc_summary_observe(handle, value);
        model_observe(kind, child, value, 1);
    } else if (kind == HISTOGRAM && choose_byte(from) & 1) {
        promc_histogram_observe_exemplar(handle, value, pair_lists[1]);
        model_observe(kind, child, value, 1);
    } else if (kind == HISTOGRAM) {
        promc_histogram_observe(handle, value);
        model_observe(kind, child, value, 1);
    } else if (choose_byte(from) & 1 && child->buckets[bucket_of(kind, value)] > 0) {
        promc_gauge_histogram_forget(handle, value);
        model_observe(kind, child, value, -1);
    } else {
        promc_gauge_histogram_observe(handle, value);
        model_observe(kind, child, value, 1);
    }
}

static void call_update(struct choices *from, unsigned slot)
{
    struct metric *metric = &world.metrics[slot];
    struct child *child;
    void *handle = metric->handle ? find_child(from, metric, &child) : NULL;

    if (handle)
        update(from, slot, handle, child);
}

/* Whoever holds a child that is removed keeps a handle whose updates are discarded. */
static void forget_child(struct child *child)
{
    for (unsigned i = 0; i < HELD; i++)
        if (world.held[i].child == child)
            world.held[i].child = NULL;
    child->there = false;
}

static void call_remove(struct choices *from, unsigned slot)
{
    struct metric *metric = &world.metrics[slot];
    const char *const *label = label_names + (2 - metric->labels);
    const char *values[2];
    unsigned at, having = 0;
    int status;

    if (!metric->handle || !metric->labels)
        return;
    at = choose_values(from, metric->labels, values);
    switch (choose_below(from, 4)) {
    case 0:
        of[metric->kind].clear(metric->handle);
        for (unsigned i = 0; i < CHILDREN; i++)
            forget_child(&metric->children[i]);
        break;
    case 1: /* all that have the first value */
        for (unsigned i = at % VALUES; i < CHILDREN; i += VALUES)
            having += metric->children[i].there;
        status = of[metric->kind].remove_by_labels(
            metric->handle, (promc_label[]){{label[0], values[0]}, {NULL, NULL}});
        if (grant_memory() && status == PROMC_ERROR_NO_MEMORY)
            break;
        require(status == (int)having);
        for (unsigned i = at % VALUES; i < CHILDREN; i += VALUES)
            forget_child(&metric->children[i]);
        break;
    default:
        status = of[metric->kind].remove(metric->handle, values, metric->labels);
        if (grant_memory() && status == PROMC_ERROR_NO_MEMORY)
            break;
        require(status == PROMC_OK);
        forget_child(&metric->children[at]);
    }
}

static void call_hold(struct choices *from, unsigned slot)
{
    struct metric *metric = &world.metrics[slot];
    struct held *held = &world.held[choose_below(from, HELD)];
    struct child *child, discarded = {0};
    void *handle;

    if (held->handle && choose_byte(from) & 1) {
        of[world.metrics[held->slot].kind].release(held->handle);
        *held = (struct held){NULL, 0, NULL};
    } else if (held->handle) {
        update(from, held->slot, held->handle, held->child ? held->child : &discarded);
    } else if (metric->handle && (handle = find_child(from, metric, &child)) != NULL) {
        require(of[metric->kind].hold(handle) == handle);
        *held = (struct held){handle, slot, child};
    }
}

static void free_metric(unsigned slot)
{
    struct metric *metric = &world.metrics[slot];

    for (unsigned i = 0; i < HELD; i++)
        if (world.held[i].handle && world.held[i].slot == slot)
            world.held[i] = (struct held){NULL, 0, NULL};
    if (metric->handle)
        of[metric->kind].free(metric->handle, metric->labels != 0);
    metric->handle = NULL;
}

static void call_registry(struct choices *from, unsigned slot)
{
    struct metric *metric = &world.metrics[slot];
    int status;

    if (choose_byte(from) & 1) {
        free_metric(slot);
    } else if (metric->handle && metric->registered) {
        status = promc_registry_unregister_metric(world.registry, metric->handle);
        require(status == PROMC_OK || (grant_memory() && status == PROMC_ERROR_NO_MEMORY));
        metric->registered = status != PROMC_OK;
    } else if (metric->handle) {
        status = promc_registry_add(world.registry, metric->handle);
        require(status == PROMC_OK || (grant_memory() && status == PROMC_ERROR_NO_MEMORY));
        metric->registered = status == PROMC_OK;
    }
}

static void check_sizes(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        const struct metric *metric = &world.metrics[slot];
        size_t children = 0;

        for (unsigned i = 0; i < CHILDREN; i++)
            children += metric->children[i].there;
        if (metric->handle && metric->labels)
            require(of[metric->kind].size(metric->handle) == children);
    }
}

/* ---- entry ----------------------------------------------------------------------------------- */

static void one_call(struct choices *from)
{
    unsigned chosen = choose_byte(from), slot = chosen / 16 % SLOTS;

    if (chosen % 16 == 15) {
        refuse_memory_after(choose_byte(from) % 32);
        chosen = choose_byte(from);
    }
    switch (chosen % 16) {
    case 0:
    case 1:
        call_make(from, slot);
        break;
    case 2:
        call_remove(from, slot);
        break;
    case 3:
    case 4:
        call_hold(from, slot);
        break;
    case 5:
        call_registry(from, slot);
        break;
    case 6:
        call_scrape(from);
        break;
    case 7:
        world.now += choose_byte(from);
        break;
    default:
        call_update(from, slot);
    }
    (void)grant_memory();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};

    script_memory();
    promc__os.unix_time = model_time;
    promc_set_private_memory_limit(choose_byte(&choices) & 1 ? 0 : 1 << 20);
    memset(&world, 0, sizeof(world));
    world.now = 1000;
    world.registry = promc_registry_new();
    require(world.registry != NULL);
    while (choices.left)
        one_call(&choices);
    check_sizes();
    call_scrape(&choices);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (world.metrics[slot].handle && !world.metrics[slot].registered)
            free_metric(slot);
    promc_registry_free(world.registry);
    return 0;
}
