/* SPDX-License-Identifier: Apache-2.0 */
/** @file promc.h  All of libpromc. */
#ifndef PROMC_PROMC_H
#define PROMC_PROMC_H

#include <promc/common.h>
#include <promc/metrics.h>
#include <promc/registry.h>
#include <promc/exposition.h>
#include <promc/http.h>
#include <promc/push.h>
#include <promc/parse.h>
#include <promc/alerts.h>

#endif
