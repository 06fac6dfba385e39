/* SPDX-License-Identifier: Apache-2.0 */
/** @file version.h  The one place that says which version this is; the build reads it from here. */
#ifndef PROMC_VERSION_H
#define PROMC_VERSION_H

#define PROMC_VERSION_MAJOR 0
#define PROMC_VERSION_MINOR 1
#define PROMC_VERSION_PATCH 0
#define PROMC_VERSION "0.1.0"

#endif
