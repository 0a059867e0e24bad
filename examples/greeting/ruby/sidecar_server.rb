#!/usr/bin/env ruby
# Serves Say.Hello as ruby.micro.srv.greeter, registered by the sidecar: ruby sidecar_server.rb
require 'net/http'
require 'securerandom'
require_relative 'greeter'

# Renewed every 10 s; without that it ends after 30.
class Registration
  def initialize(sidecar, name, port)
    node = { id: "#{name}-#{SecureRandom.uuid}", address: '127.0.0.1', port: port }
    @uri = URI("#{sidecar}/registry?ttl=30s")
    @service = JSON.generate(name: name, nodes: [node])
    send(Net::HTTP::Post)
    @renewing = Thread.new { renew }
  end

  def renew
    loop do
      sleep 10
      send(Net::HTTP::Post)
    rescue SystemCallError, IOError, RuntimeError => e # the next one may succeed
      puts "not renewed: #{e.message}"
    end
  end

  def end
    @renewing.kill
    send(Net::HTTP::Delete)
  end

  private

  def send(verb)
    request = verb.new(@uri, 'Content-Type' => 'application/json')
    request.body = @service
    reply = Net::HTTP.start(@uri.host, @uri.port) { |http| http.request(request) }
    raise "#{reply.code} #{reply.body}" unless reply.code == '200'
  end
end

given = options(sidecar: 'http://localhost:8081', name: 'ruby.micro.srv.greeter', port: 8080)
begin
  serve(given[:port]) do |port|
    registration = Registration.new(given[:sidecar], given[:name], port)
    puts "Registered #{given[:name]}"
    $stdout.flush
    registration.method(:end)
  end
rescue SystemCallError, RuntimeError => e
  abort e.message
end
