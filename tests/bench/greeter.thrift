// greeter.proto for Thrift.
namespace cpp evmicro.bench.thrift_greeter

struct HelloRequest {
  1: string name
}

struct HelloResponse {
  2: string greeting
}

service Greeter {
  HelloResponse Hello(1: HelloRequest request)
}
