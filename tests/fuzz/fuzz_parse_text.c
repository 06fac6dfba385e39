/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of text 0.0.4; see parse_oracle.h. */
#include "parse_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_parser(PROMC_FORMAT_TEXT, data, size);
    return 0;
}
