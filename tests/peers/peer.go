// Go's own HTTP in the roles that it has around services: a client, go-micro's transport of 2016, a
// reverse proxy. One line of output for each reply: status, whether its connection had been used
// before, body.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func show(reply *http.Response, reused bool) {
	body, err := io.ReadAll(reply.Body)
	fail(err)
	reply.Body.Close()
	connection := "new"
	if reused {
		connection = "kept"
	}
	fmt.Printf("%d %s %s\n", reply.StatusCode, connection, strings.TrimSpace(string(body)))
}

// client COUNT METHOD URL TYPE BODY [NAME:VALUE...]: so many requests, one after the other.
// A BODY of "-" is stdin, whose length Go does not know: it comes in chunks.
func client(count int, method, url, contentType, body string, headers []string) {
	for i := 0; i < count; i++ {
		var content io.Reader = strings.NewReader(body)
		if body == "-" {
			content = os.Stdin
		}
		request, err := http.NewRequest(method, url, content)
		fail(err)
		if contentType != "" {
			request.Header.Set("Content-Type", contentType)
		}
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ":")
			request.Header.Set(name, value)
		}
		reused := false
		trace := &httptrace.ClientTrace{
			GotConn:        func(got httptrace.GotConnInfo) { reused = got.Reused },
			Got100Continue: func() { fmt.Println("100") },
		}
		request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
		reply, err := http.DefaultClient.Do(request)
		fail(err)
		show(reply, reused)
	}
}

// micro COUNT ADDRESS TYPE BODY [NAME:VALUE...]: as go-micro's transport did it, a connection for
// each call, and the first thing that looks like a reply is the reply.
func micro(count int, address, contentType, body string, headers []string) {
	for i := 0; i < count; i++ {
		connection, err := net.Dial("tcp", address)
		fail(err)
		header := http.Header{"Content-Type": {contentType}}
		for _, each := range headers {
			name, value, _ := strings.Cut(each, ":")
			header.Set(name, value)
		}
		request := &http.Request{
			Method:        "POST",
			URL:           &url.URL{Scheme: "http", Host: address},
			Header:        header,
			Body:          io.NopCloser(bytes.NewReader([]byte(body))),
			ContentLength: int64(len(body)),
			Host:          address,
		}
		fail(request.Write(connection))
		reply, err := http.ReadResponse(bufio.NewReader(connection), request)
		fail(err)
		show(reply, false)
		connection.Close()
	}
}

// proxy ADDRESS: passes everything on to there.
func proxy(address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	fmt.Println("Listening on", listener.Addr())
	target := &url.URL{Scheme: "http", Host: address}
	fail(http.Serve(listener, httputil.NewSingleHostReverseProxy(target)))
}

func main() {
	words := os.Args[1:]
	count := 1
	if len(words) > 1 {
		count, _ = strconv.Atoi(words[1])
	}
	switch {
	case len(words) >= 6 && words[0] == "client":
		client(count, words[2], words[3], words[4], words[5], words[6:])
	case len(words) >= 5 && words[0] == "micro":
		micro(count, words[2], words[3], words[4], words[5:])
	case len(words) == 2 && words[0] == "proxy":
		proxy(words[1])
	default:
		fmt.Fprintln(os.Stderr, "usage: peer client|micro|proxy ...")
		os.Exit(2)
	}
}
