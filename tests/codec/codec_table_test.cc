#include "codec/codec_table.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "codec/grpc_codec.h"

namespace evmicro::detail {

class CodecTableTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CodecTableTest);
  CPPUNIT_TEST(knowsTheFiveTypesOfGoMicro);
  CPPUNIT_TEST(parametersDoNotMatter);
  CPPUNIT_TEST(typesOfGrpcAreFoundInAnyCase);
  CPPUNIT_TEST(otherTypesAreUnknown);
  CPPUNIT_TEST(theDefaultTypeIsKnown);
  CPPUNIT_TEST(anAddedTypeIsFound);
  CPPUNIT_TEST(anAddedTypeReplacesAKnownOne);
  CPPUNIT_TEST_SUITE_END();

 public:
  void knowsTheFiveTypesOfGoMicro() {
    for (const char* type :
         {"application/octet-stream", "application/protobuf", "application/proto-rpc"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("proto-rpc"), nameFor(type));
    }
    for (const char* type : {"application/json", "application/json-rpc"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("json-rpc"), nameFor(type));
    }
  }

  void parametersDoNotMatter() {
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc"), nameFor("application/json; charset=utf-8"));
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc"), nameFor("application/json;charset=utf-8"));
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc"), nameFor("application/json \t; a=b; c=d"));
    CPPUNIT_ASSERT_EQUAL(std::string("proto-rpc"), nameFor("application/protobuf;"));
  }

  void typesOfGrpcAreFoundInAnyCase() {
    for (const char* type :
         {"application/grpc", "APPLICATION/GRPC", "application/grpc; charset=utf-8",
          "Application/Grpc+Proto", "application/grpc+JSON ;a=b", "application/grpc\t;a=b"}) {
      CPPUNIT_ASSERT_MESSAGE(type, isGrpcType(type));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("grpc"), nameFor(type));
    }
    CPPUNIT_ASSERT(table_->codecFor("application/GRPC+json") ==
                   table_->codecFor("application/grpc+json"));
    for (const char* type :
         {"application/grpc+", "application/grpc+thrift", "application/grpc x"}) {
      CPPUNIT_ASSERT_MESSAGE(type, isGrpcType(type));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("none"), nameFor(type));
    }
    for (const char* type : {"", "application/grp", "application/grpcx", "application/grpc-web",
                             "application/grpd", "bpplication/grpc", " application/grpc"}) {
      CPPUNIT_ASSERT_MESSAGE(type, !isGrpcType(type));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("none"), nameFor(type));
    }
    table_->add("application/grpc+Own", makeJsonRpcCodec());
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc"), nameFor("application/grpc+OWN"));
  }

  void otherTypesAreUnknown() {
    for (const char* type : {"", ";", " ;charset=utf-8", "Application/JSON", "application/jso",
                             "application/json2", "text/plain", " application/json"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("none"), nameFor(type));
    }
  }

  void theDefaultTypeIsKnown() {
    CPPUNIT_ASSERT_EQUAL(std::string("application/octet-stream"), std::string(kDefaultContentType));
    CPPUNIT_ASSERT(table_->codecFor(kDefaultContentType));
  }

  void anAddedTypeIsFound() {
    table_->add("application/x-own", makeJsonRpcCodec());
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc"), nameFor("application/x-own; v=2"));
  }

  void anAddedTypeReplacesAKnownOne() {
    const std::shared_ptr<const Codec> own = makeProtoRpcCodec();
    table_->add("application/json", own);
    CPPUNIT_ASSERT(table_->codecFor("application/json") == own.get());
    CPPUNIT_ASSERT_EQUAL(std::string("json-rpc"), nameFor("application/json-rpc"));
  }

  void setUp() override { table_ = std::make_unique<CodecTable>(); }

 private:
  std::string nameFor(std::string_view type) const {
    const Codec* codec = table_->codecFor(type);
    return codec ? std::string(codec->name()) : "none";
  }

  std::unique_ptr<CodecTable> table_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(CodecTableTest);

}  // namespace evmicro::detail
