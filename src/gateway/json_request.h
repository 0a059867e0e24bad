#pragma once

#include <string>

#include <evmicro/codec.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// How a rule of google.api.http maps a request and its reply, apart from the query.
struct JsonBinding {
  WebFields fields = {};   ///< from the path; they take precedence over the body and the query
  std::string body = "*";  ///< the field that the body is; `*`: all; empty: there is no body
  std::string reply = {};  ///< the field of the reply that is sent; empty: all
};

/// The request message of `request` for a method described by `endpoint` (null: unknown): the
/// members of its JSON body (an object, or empty), or of its form, and the parameters of the query
/// that are not in the body. A parameter is a number or boolean if the description says so,
/// otherwise a string; one that occurs several times, or is said to be a list, is an array. `a.b`
/// is the field b of a; from the path it is set in what the body has as a. Names are the same in
/// whatever form they are written: see sameWords(). A body that is a JSON object is one even if it
/// is said to be a form: by `curl -d`.
///
/// The error (400, 415) says what is wrong; it has no id.
Result<JsonDocument> jsonRequest(const WebRequest& request, const Endpoint* endpoint,
                                 const JsonBinding& binding = {});

}  // namespace evmicro::gateway
