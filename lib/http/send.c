/* SPDX-License-Identifier: Apache-2.0 */
/* The client for everybody: one request. */
#include "base/error.h"
#include "base/options.h"
#include "http/dial.h"
#include "http/fetch.h"

static int give_answer(promc__reply *reply, promc_text *text)
{
    promc__buffer *content = &reply->content;

    promc__buffer_append(content, "", 1);
    if (content->error)
        return promc__fail_memory("promc_http_send");
    text->size = content->size - 1;
    text->data = promc__buffer_take(content);
    return PROMC_OK;
}

static struct promc__client_request request_to_send(const promc_http_send_opts *set)
{
    bool is_string = set->body && !set->body_size;

    return (struct promc__client_request){.url = set->url,
                                          .method = set->method ? set->method : "POST",
                                          .headers = set->headers,
                                          .body = set->body,
                                          .body_size =
                                              is_string ? strlen(set->body) : set->body_size,
                                          .gzip = set->gzip,
                                          .timeout = promc__client_timeout(set->timeout),
                                          .max_response = set->max_answer,
                                          .user = set->user,
                                          .password = set->password,
                                          .token = set->token,
                                          .unix_path = set->unix_path,
                                          .transport = set->transport};
}

static int send_request(const promc_http_send_opts *set)
{
    struct promc__client_request request = request_to_send(set);
    struct promc__client_response response;
    int status;

    if (!set->body && set->body_size)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_http_send: the body is NULL");
    status = promc__http_request(&request, &response);
    if (status != PROMC_OK)
        return status;
    if (set->status)
        *set->status = response.reply.status;
    status = promc__client_expect_success(&request, &response);
    if (status == PROMC_OK && set->answer)
        status = give_answer(&response.reply, set->answer);
    promc__client_response_free(&response);
    return status;
}

int promc_http_send_with(const promc_http_send_opts *options)
{
    promc_http_send_opts set = {.size = sizeof(set)};
    int status = promc__copy_options(&set, sizeof(set), options, "promc_http_send");

    if (status != PROMC_OK)
        return status;
    if (set.status)
        *set.status = 0;
    if (set.answer)
        *set.answer = (promc_text){0};
    return send_request(&set);
}
