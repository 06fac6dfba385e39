/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of OpenMetrics; see parse_oracle.h. */
#include "parse_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_parser(PROMC_FORMAT_OPENMETRICS, data, size);
    return 0;
}
