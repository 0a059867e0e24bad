#pragma once

#include "peers/interop/interop.evmicro.h"

namespace evmicro::test {

/// The server of gRPC's interoperability tests, by evmicro. Messages are sent as the caller takes
/// them, however many it wants.
class InteropService final : public grpc::testing::TestServiceAsyncHandler {
 public:
  template <typename In, typename Out>
  using Stream = ServerStream<In, Out>;

  void EmptyCall(Context context, grpc::testing::Empty request,
                 Reply<grpc::testing::Empty> reply) override;
  void UnaryCall(Context context, grpc::testing::SimpleRequest request,
                 Reply<grpc::testing::SimpleResponse> reply) override;
  void StreamingOutputCall(
      Context context, grpc::testing::StreamingOutputCallRequest request,
      Stream<grpc::testing::StreamingOutputCallRequest, grpc::testing::StreamingOutputCallResponse>
          stream) override;
  void StreamingInputCall(
      Context context,
      Stream<grpc::testing::StreamingInputCallRequest, grpc::testing::StreamingInputCallResponse>
          stream) override;
  void FullDuplexCall(
      Context context,
      Stream<grpc::testing::StreamingOutputCallRequest, grpc::testing::StreamingOutputCallResponse>
          stream) override;
};

}  // namespace evmicro::test
