/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small models of the protocols in lib/cells, all of whose interleavings are tried:
 *
 *  1. Sections: a writer (with a signal handler that may interrupt it anywhere) makes updates of a
 *     sum and a count; a reader freezes and takes snapshots, or removes the child, quiesces and
 *     clears its cells for the next child. The writer's stores wait in a buffer; they leave it in
 *     order (x86) or, where nothing is released, in any order (ARM).
 *  2. Banks (shared.c): two writers, and a reader that may lose patience at any time.
 *
 * That of levels is in model_level.c.
 *
 * What must hold: no snapshot has half an update, nothing is lost, a cleared cell stays clear, and
 * nobody waits for ever. What must not: without barrier and fence, the model has to find the bug.
 */
#include "stress/explore.h"

/* ---- model 1: sections ----------------------------------------------------------------------- */

enum { SEQUENCE, MODE, SLOT, SUM, COUNT, SHARED_SUM, SHARED_COUNT, VARIABLES };
enum { NO_BARRIER, BARRIER, FENCES };

static struct {
    int barrier;
    bool weak;   /* stores leave the buffer in any order */
    bool remove; /* the reader removes the child after one snapshot; otherwise it takes two */
    bool signal; /* a handler interrupts the writer once */
    int updates;
} setup;

#define BUFFER 12
struct frame {
    uint8_t at, sequence, value;
};
struct sections {
    uint8_t memory[VARIABLES];
    uint8_t buffered, variable[BUFFER], value[BUFFER];
    struct frame writer, handler;
    uint8_t updates, in_handler, handled;
    uint8_t reader, seen, sum, count, snapshots;
};
_Static_assert(sizeof(struct sections) <= STATE_BYTES, "a state has to fit");

static state pack(const struct sections *s)
{
    state packed = {{0}};

    memcpy(&packed, s, sizeof(*s));
    return packed;
}

static uint8_t load(const struct sections *s, int variable)
{
    for (int i = s->buffered; i-- > 0;) {
        if (s->variable[i] == variable)
            return s->value[i];
    }
    return s->memory[variable];
}

static void store(struct sections *s, int variable, int value)
{
    s->variable[s->buffered] = (uint8_t)variable;
    s->value[s->buffered++] = (uint8_t)value;
}

static void take_out(struct sections *s, int i)
{
    s->memory[s->variable[i]] = s->value[i];
    s->buffered--;
    memmove(&s->variable[i], &s->variable[i + 1], (size_t)(s->buffered - i));
    memmove(&s->value[i], &s->value[i + 1], (size_t)(s->buffered - i));
    s->variable[s->buffered] = s->value[s->buffered] = 0;
}

/* A store may pass those before it, unless they are to the same place or it is a release. */
static bool may_leave(const struct sections *s, int i)
{
    bool release = s->variable[i] == SEQUENCE && (s->value[i] & 1) == 0;

    for (int before = 0; before < i; before++) {
        if (!setup.weak || release || s->variable[before] == s->variable[i])
            return false;
    }
    return true;
}

enum {
    ENTER,
    ODD,
    FENCE,
    LOOK,
    FIND,
    SUM_LOAD,
    SUM_STORE,
    COUNT_LOAD,
    COUNT_STORE,
    LEAVE,
    SLOWLY,
    NESTED,
    END
};

/* What promc__shared_update() does is one step here; model 2 looks into it. A locked instruction
 * empties the buffer on x86. */
static bool update_shared(struct sections *s)
{
    if (!setup.weak && s->buffered)
        return false;
    if (load(s, SLOT) == 0) {
        s->memory[SHARED_SUM]++;
        s->memory[SHARED_COUNT]++;
    }
    return true;
}

/* One step of promc__add_and_count(). False: it has to wait for the buffer. */
static bool step_writer(struct sections *s, struct frame *f)
{
    if (s->buffered == BUFFER)
        return false;
    switch (f->at) {
    case ENTER:
        f->sequence = load(s, SEQUENCE);
        f->at = f->sequence & 1 ? NESTED : ODD;
        return true;
    case ODD:
        store(s, SEQUENCE, f->sequence + 1);
        f->at = setup.barrier == FENCES ? FENCE : LOOK;
        return true;
    case FENCE:
        f->at = LOOK;
        return s->buffered == 0;
    case LOOK:
        f->at = load(s, MODE) ? SLOWLY : FIND;
        return true;
    case FIND:
        f->at = load(s, SLOT) ? LEAVE : SUM_LOAD;
        return true;
    case SUM_LOAD:
    case COUNT_LOAD:
        f->value = load(s, f->at == SUM_LOAD ? SUM : COUNT);
        f->at++;
        return true;
    case SUM_STORE:
    case COUNT_STORE:
        store(s, f->at == SUM_STORE ? SUM : COUNT, f->value + 1);
        f->at++;
        return true;
    case SLOWLY:
        f->at = LEAVE;
        return update_shared(s);
    case NESTED:
        f->at = END;
        return update_shared(s);
    default:
        store(s, SEQUENCE, f->sequence + 2);
        f->at = END;
        return true;
    }
}

static void end_of_update(struct sections *s)
{
    if (s->in_handler) {
        if (s->handler.at != END)
            return;
        s->in_handler = 0;
        s->handler = (struct frame){0};
    } else if (s->writer.at == END) {
        s->updates++;
        s->writer = (struct frame){.at = s->updates < setup.updates ? ENTER : END};
    }
}

enum {
    FREEZE,
    PASS,
    SEE,
    AWAIT,
    READ_SHARED,
    READ_SUM,
    READ_COUNT,
    THAW,
    REMOVE,
    PASS_2,
    SEE_2,
    AWAIT_2,
    CLEAR_SUM,
    CLEAR_COUNT,
    DONE
};

static bool reader_waits(struct sections *s)
{
    if (s->reader == SEE || s->reader == SEE_2) {
        s->seen = s->memory[SEQUENCE];
        s->reader = (uint8_t)(s->reader + (s->seen & 1 ? 1 : 2));
        return true;
    }
    s->reader++;
    return s->memory[SEQUENCE] != s->seen;
}

static void read_cells(struct sections *s)
{
    if (s->reader == READ_SHARED) {
        s->sum = s->memory[SHARED_SUM];
        s->count = s->memory[SHARED_COUNT];
    } else if (s->reader == READ_SUM) {
        s->sum = (uint8_t)(s->sum + s->memory[SUM]);
    } else {
        s->count = (uint8_t)(s->count + s->memory[COUNT]);
        if (s->sum != s->count)
            violation = "half an update in a snapshot";
        s->sum = s->count = 0;
    }
    s->reader++;
}

static bool step_reader(struct sections *s)
{
    switch (s->reader) {
    case FREEZE:
    case THAW:
        s->memory[MODE] = s->reader == FREEZE;
        s->reader++;
        if (s->reader == REMOVE && !setup.remove)
            s->reader = ++s->snapshots < 2 ? FREEZE : DONE;
        return true;
    case PASS:
    case PASS_2:
        while (setup.barrier == BARRIER && s->buffered)
            take_out(s, 0);
        s->reader++;
        return true;
    case SEE:
    case SEE_2:
    case AWAIT:
    case AWAIT_2:
        return reader_waits(s);
    case REMOVE:
        s->memory[SLOT] = 1;
        s->reader++;
        return true;
    case CLEAR_SUM:
    case CLEAR_COUNT:
        s->memory[s->reader == CLEAR_SUM ? SUM : COUNT] = 0;
        s->memory[s->reader == CLEAR_SUM ? SHARED_SUM : SHARED_COUNT] = 0;
        s->reader++;
        return true;
    default:
        read_cells(s);
        return true;
    }
}

static bool sections_over(const state *packed)
{
    struct sections s;

    memcpy(&s, packed, sizeof(s));
    return s.reader == DONE && s.writer.at == END && !s.in_handler && !s.buffered;
}

static void check_end(const struct sections *s)
{
    int expected = setup.remove ? 0 : setup.updates + s->handled;

    if (s->memory[SUM] + s->memory[SHARED_SUM] != expected ||
        s->memory[COUNT] + s->memory[SHARED_COUNT] != expected)
        violation = setup.remove ? "an update of the removed child in the next one's cells"
                                 : "an update was lost";
}

static int step_sections(const state *packed)
{
    struct sections s, next;
    state out;
    int successors = 0;

    memcpy(&s, packed, sizeof(s));
    if (sections_over(packed))
        check_end(&s);
    for (int i = 0; i < s.buffered; i++) {
        if (!may_leave(&s, i))
            continue;
        next = s;
        take_out(&next, i);
        out = pack(&next);
        reach(&out);
        successors++;
    }
    next = s;
    if ((s.in_handler || s.writer.at != END) &&
        step_writer(&next, s.in_handler ? &next.handler : &next.writer)) {
        end_of_update(&next);
        out = pack(&next);
        reach(&out);
        successors++;
    }
    if (setup.signal && !s.handled && s.writer.at != END) {
        next = s;
        next.in_handler = next.handled = 1;
        out = pack(&next);
        reach(&out);
        successors++;
    }
    next = s;
    if (s.reader != DONE && step_reader(&next)) {
        out = pack(&next);
        reach(&out);
        successors++;
    }
    return successors;
}

/* ---- model 2: banks -------------------------------------------------------------------------- */

#define WRITERS 2
enum { GATE, BANK_SUM, BANK_COUNT, FINISH, WRITTEN };
enum { BEGIN, MOVE_TO, MOVE_FROM, WAIT, DRAIN_SUM, DRAIN_COUNT, READ_OVER };

struct banks {
    int8_t hot, pending, started, finished[2], sum[2], count[2];
    struct {
        int8_t at, bank, updates;
    } writer[WRITERS];
    int8_t reader, cold, before, read_sum, read_count, reads, again, last;
};
_Static_assert(sizeof(struct banks) <= STATE_BYTES, "a state has to fit");

static bool broken_banks; /* the reader does not wait */

static void write_banks(struct banks *b, int w)
{
    int8_t bank = b->writer[w].bank;

    switch (b->writer[w].at++) {
    case GATE:
        b->started++;
        b->writer[w].bank = b->hot;
        break;
    case BANK_SUM:
        b->sum[bank]++;
        break;
    case BANK_COUNT:
        b->count[bank]++;
        break;
    default:
        b->finished[bank]++;
        if (++b->writer[w].updates < 2)
            b->writer[w].at = GATE;
        break;
    }
}

static void end_read(struct banks *b, bool exact)
{
    if (exact && b->read_sum != b->read_count)
        violation = "half an update in a read";
    if (exact && b->read_count < b->last)
        violation = "a read went back";
    if (exact)
        b->last = b->read_count;
    b->read_sum = b->read_count = 0;
    b->reader = ++b->reads < 3 ? BEGIN : READ_OVER;
}

static void read_banks(struct banks *b)
{
    switch (b->reader) {
    case BEGIN:
        if (b->started == 0) {
            end_read(b, true);
        } else if (b->pending) {
            b->cold = !b->hot;
            b->reader = WAIT;
        } else {
            b->cold = b->hot;
            b->hot = !b->hot;
            b->before = b->started;
            b->reader = MOVE_TO;
        }
        break;
    case MOVE_TO:
        b->finished[!b->cold] = (int8_t)(b->finished[!b->cold] + b->before);
        b->reader = MOVE_FROM;
        break;
    case MOVE_FROM:
        b->finished[b->cold] = (int8_t)(b->finished[b->cold] - b->before);
        b->reader = WAIT;
        break;
    case WAIT:
        b->reader = DRAIN_SUM;
        break;
    case DRAIN_SUM:
        b->read_sum = b->sum[b->cold];
        b->sum[b->cold] = 0;
        b->sum[!b->cold] = (int8_t)(b->sum[!b->cold] + b->read_sum);
        b->reader = DRAIN_COUNT;
        break;
    default:
        b->read_count = b->count[b->cold];
        b->count[b->cold] = 0;
        b->count[!b->cold] = (int8_t)(b->count[!b->cold] + b->read_count);
        if (b->pending) {
            b->pending = 0;
            b->reader = BEGIN;
            b->read_sum = b->read_count = 0;
        } else {
            end_read(b, true);
        }
        break;
    }
}

static bool banks_over(const state *packed)
{
    struct banks b;

    memcpy(&b, packed, sizeof(b));
    for (int w = 0; w < WRITERS; w++) {
        if (b.writer[w].at != WRITTEN)
            return false;
    }
    return b.reader == READ_OVER;
}

static int step_banks(const state *packed)
{
    struct banks b, next;
    state out = {{0}};
    int successors = 0;

    memcpy(&b, packed, sizeof(b));
    if (banks_over(packed) &&
        (b.sum[0] + b.sum[1] != 2 * WRITERS || b.count[0] + b.count[1] != 2 * WRITERS))
        violation = "an update was lost";
    for (int w = 0; w < WRITERS; w++) {
        if (b.writer[w].at == WRITTEN)
            continue;
        next = b;
        write_banks(&next, w);
        memcpy(&out, &next, sizeof(next));
        reach(&out);
        successors++;
    }
    if (b.reader == WAIT && b.finished[b.cold] != 0 && !broken_banks) { /* patience ends */
        next = b;
        next.pending = 1;
        end_read(&next, false);
        memcpy(&out, &next, sizeof(next));
        reach(&out);
        successors++;
    } else if (b.reader != READ_OVER) {
        next = b;
        read_banks(&next);
        memcpy(&out, &next, sizeof(next));
        reach(&out);
        successors++;
    }
    return successors;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void run_sections(void)
{
    static const char *const barriers[] = {"no barrier", "barrier", "fences"};
    const state first = {{0}};

    for (int i = 0; i < 24; i++) {
        char name[100];

        setup.barrier = i % 3;
        setup.weak = i / 3 % 2;
        setup.remove = i / 6 % 2;
        setup.signal = i / 12 % 2;
        setup.updates = 2;
        snprintf(name, sizeof(name), "%s, %s, %s%s", barriers[setup.barrier],
                 setup.weak ? "weak order" : "x86's order",
                 setup.remove ? "removal" : "two snapshots", setup.signal ? ", a signal" : "");
        expect(name, setup.barrier != NO_BARRIER, explore(&first, step_sections, sections_over));
    }
}

static void run_banks(void)
{
    const state first = {{0}};

    expect("banks", true, explore(&first, step_banks, banks_over));
    broken_banks = true;
    expect("banks without waiting", false, explore(&first, step_banks, banks_over));
}

int main(void)
{
    if (!prepare_to_explore())
        return 77;
    run_sections();
    run_banks();
    end_exploring();
    return failures != 0;
}
