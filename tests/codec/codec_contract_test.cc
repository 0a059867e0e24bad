// Runs the contract on each codec.
#include <evmicro/conformance/codec_contract.h>

namespace evmicro {

class ProtoRpcContractTest final : public test::CodecContract {
  CPPUNIT_TEST_SUB_SUITE(ProtoRpcContractTest, test::CodecContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::shared_ptr<const Codec> makeCodec() override { return makeProtoRpcCodec(); }
};
class JsonRpcContractTest final : public test::CodecContract {
  CPPUNIT_TEST_SUB_SUITE(JsonRpcContractTest, test::CodecContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::shared_ptr<const Codec> makeCodec() override { return makeJsonRpcCodec(); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProtoRpcContractTest);
CPPUNIT_TEST_SUITE_REGISTRATION(JsonRpcContractTest);

}  // namespace evmicro
