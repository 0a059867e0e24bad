// gRPC for Node in both roles, without generated code: node grpc_peer.js FOLDER call ADDRESS | serve
// Messages have a string in field 1. Prints one line per observation; the test compares them.
const [folder, role, address] = process.argv.slice(2);
const grpc = require(folder + '/node_modules/@grpc/grpc-js');

const text = (value) => {
  const data = Buffer.from(value);
  return Buffer.concat([Buffer.from([0x0a, data.length]), data]);
};
const valueOf = (message) => message.subarray(2).toString();
const same = (data) => data;
const method = (path, requestStream, responseStream) => ({
  path, requestStream, responseStream,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
});
const service = {
  Call: method('/some.package.Echo/Call', false, false),
  Fail: method('/some.package.Echo/Fail', false, false),
  Nothing: method('/some.package.Echo/Nothing', false, false),
  Chat: method('/some.package.Echo/Chat', true, true),
};

function call() {
  const Client = grpc.makeGenericClientConstructor(service, 'Echo');
  const client = new Client(address, grpc.credentials.createInsecure());
  const deadline = () => ({ deadline: Date.now() + 20000 });
  const metadata = new grpc.Metadata();
  metadata.set('x-some', 'thing');
  metadata.set('x-some-bin', Buffer.from([0, 255]));
  const outcome = (name) => new Promise((done) => {
    let trailing = null;
    const running = client[name](text('John'), metadata, deadline(), (error, reply) => {
      const got = error ? `${error.code} ${error.details}` : `OK ${valueOf(reply)}`;
      console.log(name, got);
    });
    let initial = null;
    running.on('metadata', (received) => { initial = received; });
    running.on('status', (status) => {
      trailing = status.metadata;
      console.log(name, initial ? initial.get('x-initial') : [], trailing.get('x-trailing-bin'));
      done();
    });
  });
  const chat = () => new Promise((done) => {
    const stream = client.Chat(deadline());
    const got = [];
    stream.on('data', (message) => got.push(valueOf(message)));
    stream.on('status', (status) => { console.log('Chat', got.join(''), status.code); done(); });
    for (const word of ['a', 'b', 'c']) stream.write(text(word));
    stream.end();
  });
  const many = async () => {
    const one = (i) => new Promise((done) => client.Call(
        text(String(i)), deadline(), (error, reply) => done(!error && valueOf(reply) === String(i))));
    const all = await Promise.all([...Array(1000).keys()].map(one));
    console.log('many', all.filter(Boolean).length);
  };
  (async () => {
    for (const name of ['Call', 'Fail', 'Nothing']) await outcome(name);
    await chat();
    await many();
    client.close();
  })();
}

function serve() {
  const server = new grpc.Server();
  server.addService(service, {
    Call(request, done) {
      const initial = new grpc.Metadata();
      initial.set('x-initial', 'first');
      request.sendMetadata(initial);
      const trailing = new grpc.Metadata();
      trailing.set('x-trailing-bin', Buffer.from([0, 255]));
      done(null, request.request, trailing);
    },
    Fail(request, done) { done({ code: grpc.status.ABORTED, details: 'no: \u263a' }); },
    Chat(stream) {
      stream.on('data', (message) => stream.write(message));
      stream.on('end', () => stream.end());
    },
  });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(`Listening on 127.0.0.1:${port}`);
  });
}

({ call, serve })[role]();
