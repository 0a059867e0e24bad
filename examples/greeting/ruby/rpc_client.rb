#!/usr/bin/env ruby
# Calls Say.Hello of rpc_server.rb: ruby rpc_client.rb
require 'net/http'
require_relative 'greeter'

call = { method: 'Say.Hello', params: [{ name: 'John' }], id: 1 }
begin
  reply = Net::HTTP.post(URI(options(server: 'http://localhost:8080/')[:server]),
                         JSON.generate(call), 'Content-Type' => 'application/json')
  puts JSON.parse(reply.body)['result']['msg']
rescue SystemCallError, JSON::ParserError, NoMethodError => e
  abort e.message
end
