/* SPDX-License-Identifier: Apache-2.0 */
#include <promc/common.h>

#include <string.h>

const char *promc_label_value(const promc_label *labels, const char *name)
{
    for (; labels && name && labels->name; labels++) {
        if (strcmp(labels->name, name) == 0)
            return labels->value;
    }
    return NULL;
}

const char *promc_version(void)
{
    return PROMC_VERSION;
}
