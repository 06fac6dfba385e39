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
    size_t begins[PROMC__VISIT_BATCH]; /* of each child's */
    promc__native_counts total, piece;
    uint64_t count; /* the only classic bucket, where there are none */
    promc__native_point point;
};

void promc__native_scratch_free(struct promc__native_scratch *scratch)
{
    if (!scratch)
        return;
    promc__free(scratch->values);
    promc__native_free(&scratch->total);
    promc__native_free(&scratch->piece);
    promc__free(scratch);
}

static promc__layout *layout_of(promc__child *child)
{
    return atomic_load_explicit(promc__native_layout(child), memory_order_relaxed);
}

/* ---- a batch of children -------------------------------------------------------------------------------- */

static size_t words_of(promc__child *child)
{
    const promc__layout *layout = layout_of(child);
    size_t words = layout->numbers->cells;

    for (layout = layout->state->retired; layout; layout = layout->retired)
        words += layout->numbers->cells;
    return words;
}

static bool reserve_words(struct promc__native_scratch *scratch, size_t words)
{
    uint64_t *grown;

    if (words <= scratch->capacity)
        return true;
    words = words > NATIVE_WORDS ? words : NATIVE_WORDS;
    grown = promc__realloc(scratch->values, words * sizeof(*grown));
    if (!grown)
        return false;
    scratch->values = grown;
    scratch->capacity = words;
    return true;
}

/* The next children whose numbers fit; none are left, or memory is refused (cursor->error): 0. */
static size_t native_batch(promc__cursor *cursor, bool *any_retired)
{
    struct promc__native_scratch *scratch = cursor->scratch;
    size_t count = 0, words = 0;

    *any_retired = false;
    for (; count < PROMC__VISIT_BATCH && cursor->next; cursor->next = cursor->next->next) {
        promc__child *child = cursor->next;
        size_t more;

        promc__native_settle(child, true);
        more = words_of(child);
        if (count && words + more > NATIVE_WORDS)
            break;
        if (!reserve_words(scratch, words + more)) {
            if (!count)
                cursor->error = PROMC_ERROR_NO_MEMORY;
            break;
        }
        *any_retired = *any_retired || layout_of(child)->state->retired;
        scratch->begins[count] = words;
        words += more;
        cursor->children[count++] = child;
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

/* Of the current layout, then of the retired ones. During a snapshot. */
static void read_layouts(promc__child *child, uint64_t *values)
{
    promc__layout *layout = layout_of(child);

    promc__snapshot_read(layout->numbers, values);
    values += layout->numbers->cells;
    for (layout = layout->state->retired; layout; layout = layout->retired) {
        promc__snapshot_read(layout->numbers, values);
        values += layout->numbers->cells;
    }
}

/* ---- adding up -------------------------------------------------------------------------------------------- */

static bool add_layout(struct promc__native_scratch *scratch, const promc__layout *layout,
                       const uint64_t *values, promc__native_counts *to)
{
    return promc__layout_pour(layout, values, &scratch->piece) &&
           promc__native_add(to, &scratch->piece);
}

static void drop_layout(promc__native *state, promc__layout *layout)
{
    state->retired = layout->retired;
    promc__lock(&promc__cells_lock);
    promc__layout_free(layout);
    promc__unlock(&promc__cells_lock);
}

/* Adds up base and layouts. Those that nobody uses any more go to the base; if memory is refused,
 * they stay for the next time. False: no memory. */
static bool add_up(struct promc__native_scratch *scratch, promc__child *child,
                   const uint64_t *values, bool quiet)
{
    promc__layout *layout = layout_of(child), *next;
    promc__native *state = layout->state;
    const uint64_t *own = values;
    promc__native_counts *total = &scratch->total;

    values += layout->numbers->cells;
    for (next = state->retired; quiet && next;) {
        size_t cells = next->numbers->cells;

        if (!add_layout(scratch, next, values, &state->base))
            break;
        drop_layout(state, next);
        next = state->retired;
        values += cells;
    }
    promc__native_clear(total, promc__layout_schema(layout),
                        promc__bits_to_double(layout->zero_bits));
    if (!add_layout(scratch, layout, own, total))
        return false;
    for (next = state->retired; next; next = next->retired) {
        if (!add_layout(scratch, next, values, total))
            return false;
        values += next->numbers->cells;
    }
    return promc__native_add(total, &state->base);
}

/* ---- the limit ------------------------------------------------------------------------------------------- */

static bool may_reset(const struct promc__native_config *config, const promc__native *state)
{
    uint64_t passed = promc__os.monotonic_ns() - state->last_reset;

    return config->reset_seconds > 0 && (double)passed >= config->reset_seconds * 1e9;
}

static bool take_over(promc__child *child, promc__plan *plan)
{
    bool done;

    promc__lock(&promc__cells_lock);
    done = promc__native_publish(child, plan);
    promc__unlock(&promc__cells_lock);
    return done;
}

/* What the retired layouts and the base have, when nobody uses them any more. They fit where those
 * that make up the child were read before. */
static bool final_numbers(struct promc__native_scratch *scratch, promc__native *state,
                          const struct promc__native_config *config, uint64_t *values)
{
    promc__native_counts *total = &scratch->total;

    promc__native_clear(total, config->schema, config->zero_threshold);
    for (promc__layout *layout = state->retired; layout; layout = layout->retired) {
        promc__snapshot_begin();
        promc__snapshot_read(layout->numbers, values);
        promc__snapshot_end();
        if (!add_layout(scratch, layout, values, total))
            return false;
    }
    return promc__native_add(total, &state->base);
}

/*
 * An empty layout takes over; once nobody uses the old ones, their numbers are final: they are shown
 * a last time, and forgotten. If that is not possible now, nothing is lost. False: no memory.
 */
static bool begin_anew(struct promc__native_scratch *scratch, promc__child *child, uint64_t *values)
{
    const struct promc__native_config *config = child->family->native;
    promc__native *state = layout_of(child)->state;
    promc__plan plan = promc__native_plan(child->family, config->schema, config->zero_threshold);

    if (!take_over(child, &plan) || !quiesce_now())
        return true;
    if (!final_numbers(scratch, state, config, values))
        return false;
    while (state->retired)
        drop_layout(state, state->retired);
    promc__native_clear(&state->base, config->schema, config->zero_threshold);
    state->reduced = false;
    state->last_reset = promc__os.monotonic_ns();
    atomic_store_explicit(&child->created, promc__os.unix_time(), memory_order_relaxed);
    return true;
}

/* From now on the child counts as coarsely as what is shown. If memory is refused, the next scrape
 * makes it coarser. */
static void reduce_child(promc__child *child, const promc__native_counts *total)
{
    const promc__layout *layout = layout_of(child);
    promc__plan plan = promc__native_plan(child->family, total->schema, total->zero_threshold);

    if (promc__layout_schema(layout) != total->schema ||
        promc__bits_to_double(layout->zero_bits) < total->zero_threshold) {
        if (promc__plan_counts(&plan, total) && take_over(child, &plan))
            layout_of(child)->state->reduced = true;
    }
    promc__plan_free(&plan);
}

static bool keep_limit(struct promc__native_scratch *scratch, promc__child *child, uint64_t *values)
{
    const struct promc__native_config *config = child->family->native;
    promc__native *state = layout_of(child)->state;
    promc__native_counts *total = &scratch->total;
    bool over = promc__native_populated(total) > config->max_buckets, anew = false;

    if (!over && !state->reduced)
        return true;
    if (may_reset(config, state)) {
        if (!begin_anew(scratch, child, values))
            return false;
        anew = !state->reduced;
    }
    promc__native_limit(total, config->max_buckets, config->max_zero_threshold);
    if (!anew)
        reduce_child(child, total);
    return true;
}

/* ---- points ----------------------------------------------------------------------------------------------- */

static void fill_native(struct promc__native_scratch *scratch, const promc__family *family,
                        promc__point *point)
{
    const promc__native_counts *total = &scratch->total;

    scratch->count = promc__native_total(total);
    scratch->point = (promc__native_point){.schema = total->schema,
                                           .zero_threshold = total->zero_threshold,
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

static bool take_child(promc__cursor *cursor, size_t which, bool quiet,
                       void (*take)(const promc__point *point, void *arg), void *arg)
{
    struct promc__native_scratch *scratch = cursor->scratch;
    promc__child *child = cursor->children[which];
    uint64_t *values = scratch->values + scratch->begins[which];
    promc__point point = promc__cursor_point(cursor, child);

    if (!add_up(scratch, child, values, quiet) ||
        (cursor->native && !keep_limit(scratch, child, values)))
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
    bool any_retired, quiet;
    size_t count;

    if (cursor->error || !prepare_scratch(cursor)) {
        cursor->error = PROMC_ERROR_NO_MEMORY;
        return false;
    }
    scratch = cursor->scratch;
    count = native_batch(cursor, &any_retired);
    quiet = any_retired && quiesce_now();
    if (count) {
        promc__snapshot_begin();
        for (size_t i = 0; i < count; i++)
            read_layouts(cursor->children[i], scratch->values + scratch->begins[i]);
        promc__snapshot_end();
    }
    for (size_t i = 0; i < count; i++) {
        if (!take_child(cursor, i, quiet, take, arg)) {
            cursor->error = PROMC_ERROR_NO_MEMORY;
            return false;
        }
    }
    return count != 0;
}
