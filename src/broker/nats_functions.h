#pragma once

#include <nats/nats.h>

#include "base/module.h"

namespace evmicro::detail {

/// The functions of libnats that we call.
struct NatsFunctions {
  EVMICRO_MODULE_FUNCTION(natsConnection_Connect);
  EVMICRO_MODULE_FUNCTION(natsConnection_Destroy);
  EVMICRO_MODULE_FUNCTION(natsConnection_GetConnectedUrl);
  EVMICRO_MODULE_FUNCTION(natsConnection_GetLastError);
  EVMICRO_MODULE_FUNCTION(natsConnection_Publish);
  EVMICRO_MODULE_FUNCTION(natsConnection_PublishString);
  EVMICRO_MODULE_FUNCTION(natsConnection_QueueSubscribe);
  EVMICRO_MODULE_FUNCTION(natsConnection_Subscribe);
  EVMICRO_MODULE_FUNCTION(natsInbox_Create);
  EVMICRO_MODULE_FUNCTION(natsInbox_Destroy);
  EVMICRO_MODULE_FUNCTION(natsMsg_Destroy);
  EVMICRO_MODULE_FUNCTION(natsMsg_GetData);
  EVMICRO_MODULE_FUNCTION(natsMsg_GetDataLength);
  EVMICRO_MODULE_FUNCTION(natsMsg_GetSubject);
  EVMICRO_MODULE_FUNCTION(natsOptions_Create);
  EVMICRO_MODULE_FUNCTION(natsOptions_Destroy);
  EVMICRO_MODULE_FUNCTION(natsOptions_LoadCATrustedCertificates);
  EVMICRO_MODULE_FUNCTION(natsOptions_LoadCertificatesChain);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetClosedCB);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetDisconnectedCB);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetErrorHandler);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetExpectedHostname);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetMaxPingsOut);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetMaxReconnect);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetNKeyFromSeed);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetName);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetNoRandomize);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetPingInterval);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetReconnectJitter);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetReconnectWait);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetReconnectedCB);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetSecure);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetSendAsap);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetServers);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetTimeout);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetToken);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetUserCredentialsFromFiles);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetUserInfo);
  EVMICRO_MODULE_FUNCTION(natsOptions_SetWriteDeadline);
  EVMICRO_MODULE_FUNCTION(natsOptions_SkipServerVerification);
  EVMICRO_MODULE_FUNCTION(natsOptions_UseGlobalMessageDelivery);
  EVMICRO_MODULE_FUNCTION(natsStatus_GetText);
  EVMICRO_MODULE_FUNCTION(natsSubscription_Destroy);
  EVMICRO_MODULE_FUNCTION(natsSubscription_Drain);
  EVMICRO_MODULE_FUNCTION(natsSubscription_SetOnCompleteCB);
  EVMICRO_MODULE_FUNCTION(natsSubscription_Unsubscribe);
  EVMICRO_MODULE_FUNCTION(nats_GetLastError);
  EVMICRO_MODULE_FUNCTION(nats_ReleaseThreadMemory);
};

/// @pre loadNats() has succeeded.
const NatsFunctions& nats() noexcept;

}  // namespace evmicro::detail

extern "C" const evmicro::detail::Module evmicroNatsModule;
