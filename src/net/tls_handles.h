#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "event/handles.h"

namespace evmicro::detail {

using SslContext = CHandle<SSL_CTX, SSL_CTX_free>;
using SslHandle = CHandle<SSL, SSL_free>;
using SslSession = CHandle<SSL_SESSION, SSL_SESSION_free>;
using Certificate = CHandle<X509, X509_free>;
using AlternativeNames = CHandle<GENERAL_NAMES, GENERAL_NAMES_free>;

/// A BIO in memory is released with all that is chained to it.
using BioHandle = CHandle<BIO, BIO_free_all>;

}  // namespace evmicro::detail
