/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fork() does to servers: they stay with the parent. The child's copy must know that it is
 * one, and whether it was made between two turns, for only then is its memory in order. So a fork
 * takes every server's turn; but not at any price: a handler may run long, or wait for the very
 * thread that forks. Then the copy is only good for closing its descriptors.
 */
#include "http/server.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/os.h"
#include "cells/cells.h"

static pthread_mutex_t servers_lock = PTHREAD_MUTEX_INITIALIZER;
static promc_http_server *servers;
static pthread_once_t servers_once = PTHREAD_ONCE_INIT;
static int servers_error;

static bool take_turn(promc_http_server *server)
{
    uint64_t end = promc__now_ms() + PROMC__FORK_WAIT_MS;

    if (promc__serving == server) /* a handler forks */
        return false;
    while (pthread_mutex_trylock(&server->turn) != 0) {
        if (promc__now_ms() >= end)
            return false;
        promc__os.pause_ns(1000000);
    }
    return true;
}

static void servers_before_fork(void)
{
    promc__lock(&servers_lock);
    for (promc_http_server *server = servers; server; server = server->next)
        server->fork_has_turn = take_turn(server);
}

static void servers_in_parent(void)
{
    for (promc_http_server *server = servers; server; server = server->next)
        if (server->fork_has_turn)
            promc__unlock(&server->turn);
    promc__unlock(&servers_lock);
}

static void servers_in_child(void)
{
    for (promc_http_server *server = servers; server; server = server->next) {
        if (!server->inherited)
            server->inherited_whole = server->fork_has_turn;
        server->inherited = true;
    }
    servers_in_parent();
}

/* Hooks before a fork run in reverse order: a server's turn is to be taken before the locks that a
 * scrape in that turn needs. */
static void servers_prepare(void)
{
    promc__prepare_sections();
    servers_error = pthread_atfork(servers_before_fork, servers_in_parent, servers_in_child);
}

int promc__servers_add(promc_http_server *server)
{
    (void)pthread_once(&servers_once, servers_prepare);
    if (servers_error)
        return promc__fail_memory("HTTP server");
    promc__lock(&servers_lock);
    server->next = servers;
    servers = server;
    promc__unlock(&servers_lock);
    return PROMC_OK;
}

void promc__servers_remove(promc_http_server *server)
{
    promc__lock(&servers_lock);
    for (promc_http_server **at = &servers; *at; at = &(*at)->next)
        if (*at == server) {
            *at = server->next;
            break;
        }
    promc__unlock(&servers_lock);
}
