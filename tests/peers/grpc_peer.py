"""Calls services by gRPC with Python's grpcio, without generated code: grpc_peer.py CASE ADDRESS [CA-FILE].

Prints one line per observation; the test compares them.
"""
import sys

import grpc

case, address = sys.argv[1:3]
EXAMPLE = '/go.micro.srv.example.Example/'
UNLIMITED = [('grpc.max_receive_message_length', -1), ('grpc.max_send_message_length', -1)]


def same(data):
    return data


def varint(number):
    out = b''
    while number > 0x7f:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def text(value):  # a message with the string `value` in field 1
    data = value.encode()
    return b'\x0a' + varint(len(data)) + data


def count(value):  # a message with the integer `value` in field 1
    return b'\x08' + varint(value) if value else b''


def stub(channel, kind, path):
    return getattr(channel, kind)(path, request_serializer=same, response_deserializer=same)


def outcome(call):
    try:
        return 'OK %r' % (call(),)
    except grpc.RpcError as error:
        return '%s: %s' % (error.code().name, error.details())


def unary():
    channel = grpc.insecure_channel(address, UNLIMITED)
    for path in ('/Greeter/Hello', '/some.package.Greeter/Hello', '/Greeter/Nothing', '/No/Hello'):
        hello = stub(channel, 'unary_unary', path)
        print(path, outcome(lambda: hello(text('John'), timeout=20)))
    hello = stub(channel, 'unary_unary', '/Greeter/Hello')
    reply, call = hello.with_call(text('John'), timeout=20,
                                  metadata=[('x-some', 'thing'), ('x-some-bin', b'\x00\xff')])
    print(reply, call.code().name)
    print(outcome(lambda: hello(b'\x0a\xff', timeout=20)))
    print(outcome(lambda: hello(text('x' * (17 << 20)), timeout=20))[:18])
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        print(len(hello(text('x' * 5_000_000), timeout=20, compression=compression)))
    futures = [hello.future(text(str(i)), timeout=20) for i in range(1000)]
    print(sum(future.result().endswith(str(i).encode()) for i, future in enumerate(futures)))


def streams():
    channel = grpc.insecure_channel(address)
    stream = stub(channel, 'unary_stream', EXAMPLE + 'Stream')
    replies = list(stream(count(5000), timeout=60))
    print(len(replies), replies[-1] == count(4999))
    ping_pong = stub(channel, 'stream_stream', EXAMPLE + 'PingPong')
    print(list(ping_pong((count(i) for i in range(4)), timeout=20)))
    print(list(ping_pong(iter(()), timeout=20)))
    call = stream(count(100_000_000), timeout=60)
    print(next(call))
    call.cancel()
    print(call.code().name)
    print(outcome(lambda: sum(1 for _ in stream(count(100_000_000), timeout=0.2)))[:17])
    print(stub(channel, 'unary_unary', EXAMPLE + 'Call')(text('John'), timeout=20)[-10:])


def secure():
    with open(sys.argv[3], 'rb') as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    channel = grpc.secure_channel(address, credentials)
    print(outcome(lambda: stub(channel, 'unary_unary', '/Greeter/Hello')(text('John'), timeout=20)))


def once():
    channel = grpc.insecure_channel(address)
    print(outcome(lambda: stub(channel, 'unary_unary', '/Greeter/Hello')(text('John'), timeout=5)))


class Handlers(grpc.GenericRpcHandler):
    def service(self, details):
        method = details.method
        if method == '/some.package.Greeter/Hello':
            return grpc.unary_unary_rpc_method_handler(
                lambda request, context: request, None, None)
        if method == '/Greeter/Fail':
            return grpc.unary_unary_rpc_method_handler(self.fail, None, None)
        if method == '/Greeter/Large':
            return grpc.unary_unary_rpc_method_handler(
                lambda request, context: text('x' * 3_000_000), None, None)
        if method == '/Greeter/Chat':
            return grpc.stream_stream_rpc_method_handler(
                lambda requests, context: iter(list(requests)), None, None)
        return None

    def fail(self, request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, '\t\ntest \u263a 100%')


def serve():
    from concurrent import futures
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=(Handlers(),),
                         compression=grpc.Compression.Gzip)
    print('Listening on 127.0.0.1:%d' % server.add_insecure_port('127.0.0.1:0'), flush=True)
    server.start()
    server.wait_for_termination()


{'unary': unary, 'streams': streams, 'secure': secure, 'once': once, 'serve': serve}[case]()
