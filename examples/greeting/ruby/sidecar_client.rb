#!/usr/bin/env ruby
# Calls Say.Hello of ruby.micro.srv.greeter through the sidecar: ruby sidecar_client.rb
require 'net/http'
require_relative 'greeter'

given = options(sidecar: 'http://localhost:8081', name: 'ruby.micro.srv.greeter')
call = { service: given[:name], method: 'Say.Hello', request: { name: 'John' } }
begin
  reply = Net::HTTP.post(URI("#{given[:sidecar]}/rpc"), JSON.generate(call),
                         'Content-Type' => 'application/json')
rescue SystemCallError => e
  abort e.message
end
abort reply.body unless reply.code == '200' # it says what went wrong
puts reply.body
