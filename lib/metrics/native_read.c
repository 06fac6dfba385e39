/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native histograms in a scrape: their numbers added up from base and layouts, and kept within
 * their limit of buckets.
 *
 * client_golang looks at the limit at each new bucket; here a scrape that shows the buckets does, so
 * that observations need not know how many there are. In its order: begin anew, if that is allowed
 * and enough time has passed; widen the zero bucket; halve the resolution. What is begun anew is
 * shown a last time, so no observation is lost between two scrapes.
 */
#include "metrics/native.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/os.h"
#include "metrics/exemplar.h"

/* Scratch for cells of a batch, which shares one snapshot. */
#define NATIVE_WORDS 4096

struct promc__native_scratch {
    uint64_t *values; /* of all layouts of the children of a batch */
    size_t capacity;
    size_t begins[PROMC__VISIT_BATCH];         /* of each child's */
    promc__layout *heads[PROMC__VISIT_BATCH]; /* its layouts: this one and the older ones */
    uint64_t *final;                           /* of one layout */
    size_t final_capacity;
    promc__native_counts total, piece;
    uint64_t count; /* the only classic bucket, where there are none */
    promc__native_point point;
};

void promc__native_visited(promc__cursor *cursor)
{
    struct promc__native_scratch *scratch = cursor->scratch;

    promc__free(scratch->values);
    promc__free(scratch->final);
    promc__native_free(&scratch->total);
    promc__native_free(&scratch->piece);
    promc__free(scratch);
}

/* ---- a batch of children --------------------------------------------------------------------- */

static size_t words_of(const promc__layout *head)
{
    size_t words = 0;

    for (; head; head = head->older)
        words += head->cells;
    return words;
}

static bool reserve_words(uint64_t **words, size_t *capacity, size_t count)
{
    uint64_t *grown;

    if (count <= *capacity)
        return true;
    count = count > NATIVE_WORDS ? count : NATIVE_WORDS;
    grown = promc__realloc(*words, count * sizeof(*grown));
    if (!grown)
        return false;
    *words = grown;
    *capacity = count;
    return true;
}

/*
 * The next children whose numbers fit; none are left, or memory is refused (cursor->error): 0. A
 * layout that takes over from here on holds observations that come after this snapshot.
 */
static size_t native_batch(promc__cursor *cursor, bool *any_older)
{
    struct promc__native_scratch *scratch = cursor->scratch;
    size_t count = 0, words = 0;

    *any_older = false;
    for (; count < PROMC__VISIT_BATCH && cursor->next;
         cursor->next = promc__child_next(cursor->next)) {
        promc__layout *head;
        size_t more;

        promc__native_settle(cursor->next);
        head = atomic_load_explicit(promc__native_layout(cursor->next), memory_order_acquire);
        more = words_of(head);
        if (count && words + more > NATIVE_WORDS)
            break;
        if (!reserve_words(&scratch->values, &scratch->capacity, words + more)) {
            if (!count)
                cursor->error = PROMC_ERROR_NO_MEMORY;
            break;
        }
        *any_older = *any_older || head->older;
        scratch->begins[count] = words;
        scratch->heads[count] = head;
        words += more;
        cursor->children[count++] = cursor->next;
    }
    return count;
}

static bool quiesce_now(void)
{
    bool quiet;

    promc__lock(&promc__cells_lock);
    quiet = promc__quiesce();
    promc__unlock(&promc__cells_lock);
    return quiet;
}

/* During a snapshot. */
static void read_layouts(const promc__layout *head, uint64_t *values)
{
    for (; head; head = head->older) {
        promc__snapshot_read(head->numbers, head->cells, values);
        values += head->cells;
    }
}

/* ---- adding up ------------------------------------------------------------------------------- */

static bool add_layout(struct promc__native_scratch *scratch, const promc__layout *layout,
                       const uint64_t *values, promc__native_counts *to)
{
    return promc__layout_pour(layout, values, &scratch->piece) &&
           promc__native_add(to, &scratch->piece);
}

static void drop_older(promc__layout *head)
{
    promc__layout *layout = head->older;

    head->older = layout->older;
    promc__lock(&promc__cells_lock);
    promc__layout_free(layout);
    promc__unlock(&promc__cells_lock);
}

/* Adds up base and layouts. If nobody uses the older ones any more, they go to the base; if memory is
 * refused, they stay for the next time. False: no memory. */
static bool add_up(struct promc__native_scratch *scratch, promc__layout *head,
                   const uint64_t *values, bool quiet)
{
    promc__native *state = head->state;
    const uint64_t *older = values + head->cells;

    while (quiet && head->older && add_layout(scratch, head->older, older, &state->base)) {
        older += head->older->cells;
        drop_older(head);
    }
    promc__native_clear(&scratch->total, promc__layout_schema(head),
                        promc__bits_to_double(head->zero_bits));
    if (!add_layout(scratch, head, values, &scratch->total))
        return false;
    for (promc__layout *layout = head->older; layout; layout = layout->older) {
        if (!add_layout(scratch, layout, older, &scratch->total))
            return false;
        older += layout->cells;
    }
    return promc__native_add(&scratch->total, &state->base);
}

/* ---- the limit ------------------------------------------------------------------------------- */

static bool may_reset(const struct promc__native_config *config, const promc__native *state)
{
    uint64_t passed = promc__os.monotonic_ns() - state->last_reset;

    return config->reset_seconds > 0 && (double)passed >= config->reset_seconds * 1e9;
}

/* What the layouts below `fresh` and the base have, when nobody uses them any more. */
static bool final_numbers(struct promc__native_scratch *scratch, promc__layout *fresh)
{
    promc__native_counts *total = &scratch->total;

    promc__native_clear(total, promc__layout_schema(fresh),
                        promc__bits_to_double(fresh->zero_bits));
    for (promc__layout *layout = fresh->older; layout; layout = layout->older) {
        if (!reserve_words(&scratch->final, &scratch->final_capacity, layout->cells))
            return false;
        promc__snapshot_begin();
        promc__snapshot_read(layout->numbers, layout->cells, scratch->final);
        promc__snapshot_end();
        if (!add_layout(scratch, layout, scratch->final, total))
            return false;
    }
    return promc__native_add(total, &fresh->state->base);
}

/*
 * An empty layout takes over; once nobody uses the old ones, their numbers are final: they are shown
 * a last time, and forgotten. `anew`: so it was; otherwise nothing has changed but the layout. False:
 * no memory.
 */
static bool begin_anew(struct promc__native_scratch *scratch, promc__child *child, bool *anew)
{
    const struct promc__native_config *config = child->family->native;
    promc__plan plan = promc__native_plan(child->family, config->schema, config->zero_threshold);
    promc__layout *fresh = promc__native_replace(child, &plan);

    *anew = fresh && quiesce_now();
    if (!*anew)
        return true;
    if (!final_numbers(scratch, fresh))
        return false;
    while (fresh->older)
        drop_older(fresh);
    promc__native_clear(&fresh->state->base, config->schema, config->zero_threshold);
    fresh->state->last_reset = promc__os.monotonic_ns();
    atomic_store_explicit(&child->created, promc__os.unix_time(), memory_order_relaxed);
    return true;
}

/* From now on the child counts as coarsely as what is shown. If memory is refused, the next scrape
 * tries again. */
static void reduce_child(promc__child *child, const promc__layout *head,
                         const promc__native_counts *total)
{
    promc__plan plan;

    if (promc__layout_schema(head) == total->schema &&
        promc__bits_to_double(head->zero_bits) >= total->zero_threshold)
        return;
    plan = promc__native_plan(child->family, total->schema, total->zero_threshold);
    if (promc__plan_counts(&plan, total))
        (void)promc__native_replace(child, &plan);
    promc__plan_free(&plan);
}

static bool is_reduced(const struct promc__native_config *config, const promc__native_counts *total)
{
    return total->schema < config->schema || total->zero_threshold > config->zero_threshold;
}

static bool keep_limit(struct promc__native_scratch *scratch, promc__child *child,
                       const promc__layout *head)
{
    const struct promc__native_config *config = child->family->native;
    promc__native_counts *total = &scratch->total;
    bool over = promc__native_populated(total) > config->max_buckets, anew = false;

    /* Older layouts that could not be folded show that a thread is stuck: do not make more. */
    if ((over || is_reduced(config, total)) && !head->older && may_reset(config, head->state) &&
        !begin_anew(scratch, child, &anew))
        return false;
    promc__native_limit(total, config->max_buckets, config->max_zero_threshold);
    if (!anew)
        reduce_child(child, head, total);
    return true;
}

/* ---- points ---------------------------------------------------------------------------------- */

static void fill_native(struct promc__native_scratch *scratch, const promc__family *family,
                        promc__point *point)
{
    const promc__native_counts *total = &scratch->total;

    scratch->count = promc__native_total(total);
    scratch->point = (promc__native_point){.schema = total->schema,
                                           .zero_threshold = total->zero_threshold,
                                           .count = scratch->count,
                                           .zero_count = total->zero_count};
    for (int side = 0; side < 2; side++) {
        scratch->point.sides[side].buckets = total->sides[side].buckets;
        scratch->point.sides[side].count = total->sides[side].count;
    }
    if (point->exemplars) {
        scratch->point.exemplars = point->exemplars + family->bound_count + 1;
        scratch->point.exemplar_count = PROMC__NATIVE_EXEMPLARS;
    }
    point->native = &scratch->point;
    point->sum = total->sum;
    point->bounds = family->bounds;
    point->bound_count = family->bound_count;
    point->counts = family->bound_count ? total->classic : &scratch->count;
}

static bool show_child(promc__cursor *cursor, size_t which, bool quiet,
                       void (*take)(const promc__point *point, void *arg), void *arg)
{
    struct promc__native_scratch *scratch = cursor->scratch;
    promc__child *child = cursor->children[which];
    promc__layout *head = scratch->heads[which];
    promc__point point = {0};

    promc__cursor_point(cursor, child, &point);
    if (!add_up(scratch, head, scratch->values + scratch->begins[which], quiet))
        return false;
    promc__native_drop_empty(&scratch->total);
    if (cursor->native && !keep_limit(scratch, child, head))
        return false;
    fill_native(scratch, cursor->family, &point);
    take(&point, arg);
    return true;
}

static bool prepare_scratch(promc__cursor *cursor)
{
    const promc__family *family = cursor->family;

    if (cursor->scratch)
        return true;
    cursor->scratch = promc__zalloc(sizeof(*cursor->scratch));
    return cursor->scratch && (!family->bound_count ||
                               promc__native_classic(&cursor->scratch->total,
                                                     family->bound_count + 1));
}

bool promc__native_step(promc__cursor *cursor, void (*take)(const promc__point *point, void *arg),
                        void *arg)
{
    struct promc__native_scratch *scratch;
    bool any_older, quiet;
    size_t count;

    if (cursor->error || !prepare_scratch(cursor)) {
        cursor->error = PROMC_ERROR_NO_MEMORY;
        return false;
    }
    scratch = cursor->scratch;
    count = native_batch(cursor, &any_older);
    quiet = any_older && quiesce_now();
    if (count) {
        promc__snapshot_begin();
        for (size_t i = 0; i < count; i++)
            read_layouts(scratch->heads[i], scratch->values + scratch->begins[i]);
        promc__snapshot_end();
    }
    for (size_t i = 0; i < count; i++) {
        if (!show_child(cursor, i, quiet, take, arg)) {
            cursor->error = PROMC_ERROR_NO_MEMORY;
            return false;
        }
    }
    return count != 0;
}
