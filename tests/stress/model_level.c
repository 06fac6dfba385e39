/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small model of lib/cells/level.c, all of whose interleavings are tried: two threads with
 * private cells add and set, one without adds, one reads twice, or folds and reads. Stores wait in
 * a buffer; they leave it in order (x86) or, where nothing is released, in any order (ARM).
 *
 * The reader folds alone, one record and the overflow: the sequence lock for other readers is left
 * out.
 *
 * Every amount that is added or set is a bit of its own, so a number tells what is in it. What must
 * hold: each read, and the value in the end, is what some order of the updates gives in which those
 * of each thread come one after the other; and what was added before a first read and is not in it
 * is not in the second. Protocols that leave something out have to be found out.
 */
#include "stress/explore.h"

#define THREADS 3
#define OWNERS 2 /* threads with a record; the last has none */
#define MOST_UPDATES 3
#define SET 0x80 /* in a program: set, not add */
#define NUMBER 0x7F
#define TAG 0x80 /* in the word */

/* Places in memory. */
enum { WORD, GATE, OVERFLOW, RECORDS, PLACES = RECORDS + 2 * OWNERS };
#define TAG_OF(thread) (RECORDS + 2 * (thread))
#define AMOUNT_OF(thread) (RECORDS + 2 * (thread) + 1)
#define CLOSED 0x80

enum { RIGHT, NO_GATE, NOT_COUNTED, NO_SECOND_LOOK, TAG_FIRST, FOLD_NOT_COUNTED, FOLD_UNSEEN };

static struct {
    uint8_t program[THREADS][MOST_UPDATES];
    bool weak; /* stores leave the buffer in any order, unless they are releases */
    int broken;
} setup;

enum {
    BEGIN,
    COMPARE,
    AMOUNT_LOAD,
    AMOUNT_STORE,
    ANEW_AMOUNT,
    ANEW_TAG,
    CLOSE,
    ZERO,
    MAKE_AMOUNT,
    MAKE_TAG,
    EXCHANGE,
    OPEN,
    PLAIN,
    COUNT_IN,
    LOOK_AGAIN,
    OVER_ADD,
    COUNT_OUT,
    END
};

/* The reader's. */
enum {
    READ_WORD,
    READ_TAG,
    READ_AMOUNT = READ_TAG + OWNERS,
    READ_OVERFLOW = READ_AMOUNT + OWNERS,
    READ_AGAIN,
    READ_END,
    FREEZE,
    FOLD_IN,
    FOLD_LOOK,
    FOLD_OVERFLOW,
    FOLD_OUT,
    FOLD_RECORD,
    UNFREEZE
};

#define BUFFER 3
struct thread {
    uint8_t at, update, word, amount, tag, retry;
    uint8_t buffered, place[BUFFER], value[BUFFER], released[BUFFER];
};

struct reader {
    uint8_t at, word, sum, matched, done, reads, missing;
};

struct level {
    uint8_t memory[PLACES];
    struct thread threads[THREADS];
    struct reader reader;
    uint8_t tags;
};

static state pack(const struct level *l)
{
    state packed = {{0}};

    memcpy(&packed, l, sizeof(*l));
    return packed;
}

/* ---- which values are right ------------------------------------------------------------------ */

/* Whether `value` comes out when each thread has made some updates (or, `all`: all of them). */
static bool possible(const uint8_t *made, uint8_t now, uint8_t value, bool all)
{
    bool over = true;

    for (int t = 0; t < THREADS; t++) {
        uint8_t next[THREADS], update;

        if (made[t] == MOST_UPDATES || !setup.program[t][made[t]])
            continue;
        over = false;
        update = setup.program[t][made[t]];
        memcpy(next, made, sizeof(next));
        next[t]++;
        if (possible(next, (uint8_t)(update & SET ? update & NUMBER : now + update), value, all))
            return true;
    }
    return (over || !all) && now == value;
}

static bool is_right(uint8_t value, bool all)
{
    static uint8_t known[2][256];
    static int which_setup = -1, asked;
    uint8_t none[THREADS] = {0};

    asked = setup.program[0][1] << 8 | setup.program[1][1];
    if (which_setup != asked)
        memset(known, 0, sizeof(known));
    which_setup = asked;
    if (!known[all][value])
        known[all][value] = possible(none, 0, value, all) ? 2 : 1;
    return known[all][value] == 2;
}

/* ---- stores that wait ------------------------------------------------------------------------ */

static uint8_t load(const struct level *l, int t, int place)
{
    for (int i = l->threads[t].buffered; i-- > 0;) {
        if (l->threads[t].place[i] == place)
            return l->threads[t].value[i];
    }
    return l->memory[place];
}

static void store(struct level *l, int t, int place, int value, bool release)
{
    struct thread *thread = &l->threads[t];

    thread->place[thread->buffered] = (uint8_t)place;
    thread->value[thread->buffered] = (uint8_t)value;
    thread->released[thread->buffered++] = release;
}

static void take_out(struct level *l, int t, int i)
{
    struct thread *thread = &l->threads[t];

    l->memory[thread->place[i]] = thread->value[i];
    for (thread->buffered--; i < thread->buffered; i++) {
        thread->place[i] = thread->place[i + 1];
        thread->value[i] = thread->value[i + 1];
        thread->released[i] = thread->released[i + 1];
    }
    thread->place[i] = thread->value[i] = thread->released[i] = 0;
}

static bool may_leave(const struct thread *thread, int i)
{
    for (int before = 0; before < i; before++) {
        if (!setup.weak || thread->released[i] || thread->place[before] == thread->place[i])
            return false;
    }
    return true;
}

/* An exchange that releases waits for the stores before it, and on x86 each does. */
static bool may_exchange(const struct thread *thread, int place, bool release)
{
    for (int i = 0; i < thread->buffered; i++) {
        if (release || !setup.weak || thread->place[i] == place)
            return false;
    }
    return true;
}

/* ---- updates --------------------------------------------------------------------------------- */

static void end_of_update(struct thread *thread)
{
    thread->at = BEGIN;
    thread->word = thread->amount = thread->tag = thread->retry = 0;
    thread->update++;
    if (thread->update == MOST_UPDATES)
        thread->at = END;
}

static uint8_t update_of(const struct thread *thread, int t)
{
    return thread->at == END ? 0 : setup.program[t][thread->update];
}

/* The overflow, by threads without private cells. */
static bool step_overflow(struct level *l, int t)
{
    struct thread *thread = &l->threads[t];

    switch (thread->at) {
    case COUNT_IN:
        if (!may_exchange(thread, GATE, true))
            return false;
        l->memory[GATE] = (uint8_t)(l->memory[GATE] + (setup.broken != NOT_COUNTED));
        thread->at = LOOK_AGAIN;
        return true;
    case LOOK_AGAIN:
        thread->retry = !(load(l, t, WORD) & TAG);
        thread->at = thread->retry ? COUNT_OUT : OVER_ADD;
        return true;
    case OVER_ADD:
        if (!may_exchange(thread, OVERFLOW, false))
            return false;
        l->memory[OVERFLOW] = (uint8_t)(l->memory[OVERFLOW] + update_of(thread, t));
        thread->at = COUNT_OUT;
        return true;
    default:
        if (!may_exchange(thread, GATE, true))
            return false;
        l->memory[GATE] = (uint8_t)(l->memory[GATE] - (setup.broken != NOT_COUNTED));
        thread->at = BEGIN;
        if (!thread->retry)
            end_of_update(thread);
        return true;
    }
}

static bool step_spread(struct level *l, int t)
{
    struct thread *thread = &l->threads[t];

    switch (thread->at) {
    case CLOSE:
        if (!may_exchange(thread, GATE, true))
            return false;
        thread->at = ZERO;
        if (setup.broken == NO_GATE)
            return true;
        if (l->memory[GATE])
            thread->at = PLAIN;
        else
            l->memory[GATE] = CLOSED;
        return true;
    case ZERO:
        store(l, t, OVERFLOW, 0, true);
        thread->tag = (uint8_t)(TAG | ++l->tags);
        thread->at = MAKE_AMOUNT;
        return true;
    case MAKE_AMOUNT:
        store(l, t, AMOUNT_OF(t), thread->word + update_of(thread, t), true);
        thread->at = MAKE_TAG;
        return true;
    case MAKE_TAG:
        store(l, t, TAG_OF(t), thread->tag, true);
        thread->at = EXCHANGE;
        return true;
    case EXCHANGE:
        if (!may_exchange(thread, WORD, true))
            return false;
        thread->retry = l->memory[WORD] != thread->word;
        if (!thread->retry)
            l->memory[WORD] = thread->tag;
        thread->at = OPEN;
        return true;
    default:
        if (!may_exchange(thread, GATE, true))
            return false;
        if (setup.broken != NO_GATE)
            l->memory[GATE] = (uint8_t)(l->memory[GATE] - CLOSED);
        thread->at = BEGIN;
        if (!thread->retry)
            end_of_update(thread);
        return true;
    }
}

#define FOLDED 0 /* the thread whose record is folded; the other one's is not in the snapshot */

static bool is_frozen(const struct level *l, int t)
{
    return t == FOLDED && l->reader.at > FREEZE;
}

/* Whether it updates its own record. */
static bool owns(const struct level *l, int t)
{
    return t < OWNERS && !is_frozen(l, t);
}

static bool step_add(struct level *l, int t)
{
    struct thread *thread = &l->threads[t];
    uint8_t update = update_of(thread, t);
    bool anew = thread->at == ANEW_AMOUNT, tag_now = anew == (setup.broken == TAG_FIRST);

    switch (thread->at) {
    case BEGIN:
        thread->word = load(l, t, WORD);
        if (thread->word & TAG)
            thread->at = owns(l, t) ? COMPARE : COUNT_IN;
        else
            thread->at = owns(l, t) ? CLOSE : PLAIN;
        return true;
    case COMPARE:
        thread->at = load(l, t, TAG_OF(t)) == thread->word ? AMOUNT_LOAD : ANEW_AMOUNT;
        return true;
    case AMOUNT_LOAD:
        thread->amount = load(l, t, AMOUNT_OF(t));
        thread->at = AMOUNT_STORE;
        return true;
    case AMOUNT_STORE:
        store(l, t, AMOUNT_OF(t), thread->amount + update, false);
        end_of_update(thread);
        return true;
    case ANEW_AMOUNT:
    case ANEW_TAG:
        store(l, t, tag_now ? TAG_OF(t) : AMOUNT_OF(t), tag_now ? thread->word : update, true);
        thread->at = ANEW_TAG;
        if (!anew)
            end_of_update(thread);
        return true;
    case PLAIN:
        if (!may_exchange(thread, WORD, false))
            return false;
        if (l->memory[WORD] == thread->word) {
            l->memory[WORD] = (uint8_t)(thread->word + update);
            end_of_update(thread);
        } else {
            thread->at = BEGIN;
        }
        return true;
    default:
        return thread->at >= COUNT_IN ? step_overflow(l, t) : step_spread(l, t);
    }
}

/* One step of the thread's update. False: it has to wait for the buffer. */
static bool step_thread(struct level *l, int t)
{
    struct thread *thread = &l->threads[t];
    uint8_t update = update_of(thread, t);

    if (thread->buffered == BUFFER)
        return false;
    if (!(update & SET))
        return step_add(l, t);
    store(l, t, WORD, update & NUMBER, false);
    end_of_update(thread);
    return true;
}

static bool thread_over(const struct thread *thread, int t)
{
    return !update_of(thread, t) && !thread->buffered;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What all see of what was added so far. */
static uint8_t added(const struct level *l)
{
    uint8_t mask = 0;

    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < l->threads[t].update && !l->threads[t].buffered; i++) {
            if (!(setup.program[t][i] & SET))
                mask |= setup.program[t][i];
        }
    }
    return mask;
}

static void end_read(struct level *l, uint8_t value)
{
    struct reader *reader = &l->reader;

    if (!is_right(value, false))
        violation = "a read that no order gives";
    if (value & reader->missing)
        violation = "what was missing came back";
    reader->missing = (uint8_t)(reader->done & ~value);
    reader->word = reader->sum = reader->matched = reader->done = 0;
    reader->at = ++reader->reads < 2 ? READ_WORD : READ_END;
}

/* The overflow goes into the record of a thread that stands still. False: that is in an update. */
static bool step_fold(struct level *l)
{
    struct reader *reader = &l->reader;
    bool counted = setup.broken != FOLD_NOT_COUNTED;

    switch (reader->at) {
    case FREEZE:
        if (l->threads[FOLDED].at != BEGIN && l->threads[FOLDED].at != END)
            return false;
        if (l->threads[FOLDED].buffered)
            return false;
        reader->at = FOLD_IN;
        return true;
    case FOLD_IN:
        reader->word = l->memory[TAG_OF(FOLDED)];
        l->memory[GATE] = (uint8_t)(l->memory[GATE] + counted);
        reader->at = FOLD_LOOK;
        return true;
    case FOLD_LOOK:
        reader->at = FOLD_OVERFLOW;
        if (!reader->word || (l->memory[WORD] != reader->word && setup.broken != FOLD_UNSEEN))
            reader->at = FOLD_OUT;
        return true;
    case FOLD_OVERFLOW:
        reader->sum = l->memory[OVERFLOW];
        l->memory[OVERFLOW] = 0;
        reader->at = FOLD_OUT;
        return true;
    case FOLD_OUT:
        l->memory[GATE] = (uint8_t)(l->memory[GATE] - counted);
        reader->at = FOLD_RECORD;
        return true;
    case FOLD_RECORD:
        l->memory[AMOUNT_OF(FOLDED)] = (uint8_t)(l->memory[AMOUNT_OF(FOLDED)] + reader->sum);
        reader->at = UNFREEZE;
        return true;
    default:
        reader->word = reader->sum = 0;
        reader->reads = 1;
        reader->at = READ_WORD;
        return true;
    }
}

static void step_read(struct level *l)
{
    struct reader *reader = &l->reader;
    int t = reader->at - READ_TAG;

    if (reader->at == READ_WORD) {
        reader->done = added(l);
        reader->word = l->memory[WORD];
        reader->at = READ_TAG;
        if (!(reader->word & TAG))
            end_read(l, reader->word);
    } else if (t < OWNERS) {
        reader->at = (uint8_t)(READ_TAG + t + 1);
        if (reader->at == READ_AMOUNT)
            reader->at = READ_OVERFLOW;
        if (l->memory[TAG_OF(t)] == reader->word) {
            reader->matched = reader->at; /* where to go on */
            reader->at = (uint8_t)(READ_AMOUNT + t);
        }
    } else if (reader->at < READ_OVERFLOW) {
        reader->sum = (uint8_t)(reader->sum + l->memory[AMOUNT_OF(reader->at - READ_AMOUNT)]);
        reader->at = reader->matched;
        reader->matched = 0;
    } else if (reader->at == READ_OVERFLOW) {
        reader->sum = (uint8_t)(reader->sum + l->memory[OVERFLOW]);
        reader->at = READ_AGAIN;
    } else if (l->memory[WORD] == reader->word || setup.broken == NO_SECOND_LOOK) {
        end_read(l, reader->sum);
    } else {
        reader->at = READ_WORD;
        reader->word = reader->sum = 0;
    }
}

static bool step_reader(struct level *l)
{
    if (l->reader.at >= FREEZE)
        return step_fold(l);
    if (l->reader.at == READ_END)
        return false;
    step_read(l);
    return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool level_over(const state *packed)
{
    struct level l;

    memcpy(&l, packed, sizeof(l));
    for (int t = 0; t < THREADS; t++) {
        if (!thread_over(&l.threads[t], t))
            return false;
    }
    return l.reader.at == READ_END;
}

static void check_end(const struct level *l)
{
    uint8_t value = l->memory[WORD];

    if (value & TAG) {
        value = l->memory[OVERFLOW];
        for (int t = 0; t < OWNERS; t++) {
            if (l->memory[TAG_OF(t)] == l->memory[WORD])
                value = (uint8_t)(value + l->memory[AMOUNT_OF(t)]);
        }
    }
    if (!is_right(value, true))
        violation = "a value that no order gives";
    if (l->memory[GATE])
        violation = "the gate is not as it was";
}

static int follow(const struct level *next)
{
    state out = pack(next);

    reach(&out);
    return 1;
}

static int step_level(const state *packed)
{
    struct level l, next;
    int successors = 0;

    memcpy(&l, packed, sizeof(l));
    if (level_over(packed))
        check_end(&l);
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < l.threads[t].buffered; i++) {
            if (!may_leave(&l.threads[t], i))
                continue;
            next = l;
            take_out(&next, t, i);
            successors += follow(&next);
        }
        next = l;
        if (update_of(&l.threads[t], t) && step_thread(&next, t))
            successors += follow(&next);
    }
    next = l;
    if (step_reader(&next))
        successors += follow(&next);
    return successors;
}

_Static_assert(sizeof(struct level) <= STATE_BYTES, "a state has to fit");

static void run(const char *name, int broken)
{
    static const uint8_t programs[][THREADS][MOST_UPDATES] = {
        {{1, SET | 16, 2}, {4}, {32}},
        {{1, 2}, {4, SET | 16}, {32}},
        {{1, SET | 16}, {4, 8}, {32}},
    };
    const char *found = NULL;
    char full[100];

    setup.broken = broken;
    for (int i = 0; i < 12; i++) {
        struct level l = {.reader.at = i < 6 ? READ_WORD : FREEZE};
        state first = pack(&l);

        setup.weak = i % 2;
        if (i >= 6 && !setup.weak)
            continue; /* all that x86 does is among what weak order allows */
        memcpy(setup.program, programs[i / 2 % 3], sizeof(setup.program));
        snprintf(full, sizeof(full), "%s%s, program %d, %s", name, i < 6 ? "" : ", folded",
                 i / 2 % 3 + 1, setup.weak ? "weak order" : "x86's order");
        if (broken == RIGHT)
            expect(full, true, explore(&first, step_level, level_over));
        else if (!found)
            found = explore(&first, step_level, level_over);
    }
    if (broken != RIGHT)
        expect(name, false, found);
}

int main(void)
{
    if (!prepare_to_explore())
        return 77;
    run("levels", RIGHT);
    run("levels without a gate", NO_GATE);
    run("levels whose overflow nobody counts in for", NOT_COUNTED);
    run("levels read without a second look", NO_SECOND_LOOK);
    run("records with the tag first", TAG_FIRST);
    run("levels folded without being counted in", FOLD_NOT_COUNTED);
    run("levels folded without a look at the word", FOLD_UNSEEN);
    end_exploring();
    return failures != 0;
}
