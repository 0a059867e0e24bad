#!/usr/bin/env ruby
# Serves Say.Hello to whoever knows the address: ruby rpc_server.rb
require_relative 'greeter'

serve(options(port: 8080)[:port], with_id: false)
