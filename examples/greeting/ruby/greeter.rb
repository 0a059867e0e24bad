# Say.Hello as a JSON-RPC server, with what comes with Ruby: for rpc_server.rb and sidecar_server.rb.
require 'json'
require 'optparse'
require 'socket'

MAX_BODY = 1 << 20

# The JSON-RPC reply to a call.
def answer(body, with_id)
  call = JSON.parse(body)
  name = call['params'][0]['name']
  reply = { 'result' => { 'msg' => "hello #{name}" }, 'error' => nil }
  reply['id'] = call['id'] if with_id
  JSON.generate(reply)
rescue JSON::ParserError, NoMethodError, TypeError
  JSON.generate('result' => nil, 'error' => 'Invalid Request', 'id' => nil)
end

# Reads one request; nil at the end of the connection. Any path is served.
def read_request(socket)
  verb = socket.gets("\r\n", 8192)&.split&.first
  return if verb.nil?

  length = 0
  while (line = socket.gets("\r\n", 8192)) && line != "\r\n"
    field, value = line.split(':', 2)
    length = value.to_i if field.casecmp?('Content-Length')
  end
  [verb, length.between?(0, MAX_BODY) ? socket.read(length).to_s : nil]
end

def serve_connection(socket, with_id)
  while (verb, body = read_request(socket))
    status = body.nil? ? '413 Content Too Large' : '200 OK'
    text = verb == 'POST' && body ? answer(body, with_id) : ''
    socket.write("HTTP/1.1 #{status}\r\nContent-Type: application/json\r\n" \
                 "Content-Length: #{text.bytesize}\r\n\r\n#{text}")
    break if body.nil?
  end
rescue SystemCallError, IOError
  # The caller has gone.
ensure
  socket.close
end

# Serves until SIGINT or SIGTERM. The block gets the port, and gives what is to be done at the end.
def serve(port, with_id: true)
  server = TCPServer.new('127.0.0.1', port)
  puts "Listening on 127.0.0.1:#{server.addr[1]}"
  $stdout.flush
  at_end = yield server.addr[1] if block_given?
  stopped, stop = IO.pipe
  %w[INT TERM].each { |name| trap(name) { stop.write('.') } }
  until IO.select([server, stopped])[0].include?(stopped)
    Thread.new(server.accept) { |socket| serve_connection(socket, with_id) }
  end
ensure
  at_end&.call
end

# The values of the command line's options, for which `defaults` are given.
def options(defaults)
  OptionParser.new do |parser|
    defaults.each do |name, default|
      parser.on("--#{name} VALUE", default.class, "default: #{default}") do |value|
        defaults[name] = value
      end
    end
  end.parse!
  defaults
end
