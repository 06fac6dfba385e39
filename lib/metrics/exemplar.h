/* SPDX-License-Identifier: Apache-2.0 */
/* The last exemplar of a counter or of each bucket of a histogram (client_python: exemplars.py,
 * metrics.py _validate_exemplar; OpenMetrics 1.0, "Exemplars"). */
#ifndef PROMC_METRICS_EXEMPLAR_H
#define PROMC_METRICS_EXEMPLAR_H

#include "metrics/family.h"

/* Keeps an exemplar for value number `index` of the child; leaves it out if another thread is at it,
 * and, counting a mishap, if it is not valid or memory is refused. */
void promc__exemplar_keep(promc__child *child, size_t index, double value,
                          const promc_label *labels);

/* Copies of a child's exemplars, for a point. */
typedef struct promc__exemplars promc__exemplars;
/* NULL if the child has none or memory is refused. `copy` is reused: NULL at first, freed by
 * promc__exemplars_free(). */
const promc__exemplar *promc__exemplars_copy(promc__exemplars **copy, promc__child *child);
void promc__exemplars_free(promc__exemplars *copy);

/* The `finish` of types that have exemplars. */
void promc__exemplar_finish(promc__child *child);

#endif
