// Go's own HTTP in the roles that it has around services: a client, go-micro's transport of 2016 (with
// its Secure option, too), a reverse proxy. One line of output for each reply: status, whether its connection had been used
// before, body.
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
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

// By TLS to `tls://ADDRESS`, as with the Secure option: whoever it is.
func dial(address string) (net.Conn, error) {
	if !strings.HasPrefix(address, "tls://") {
		return net.Dial("tcp", address)
	}
	config := &tls.Config{InsecureSkipVerify: true}
	return tls.Dial("tcp", strings.TrimPrefix(address, "tls://"), config)
}

// micro COUNT ADDRESS TYPE BODY [NAME:VALUE...]: as go-micro's transport did it, a connection for
// each call, and the first thing that looks like a reply is the reply.
func micro(count int, address, contentType, body string, headers []string) {
	for i := 0; i < count; i++ {
		connection, err := dial(address)
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

// tls COUNT URL CA [CERTIFICATE KEY]: GETs on a connection each, with sessions that are resumed.
func tlsClient(count int, url, ca string, own []string) {
	trusted := x509.NewCertPool()
	pem, err := os.ReadFile(ca)
	fail(err)
	trusted.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: trusted, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	if len(own) == 2 {
		pair, err := tls.LoadX509KeyPair(own[0], own[1])
		fail(err)
		config.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	client := &http.Client{Transport: transport}
	for i := 0; i < count; i++ {
		reply, err := client.Get(url)
		fail(err)
		session := "full"
		if reply.TLS.DidResume {
			session = "resumed"
		}
		fmt.Printf("%x %s ", reply.TLS.Version, session)
		show(reply, false)
	}
}

// What a server with go-micro's Secure option makes for itself.
func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fail(err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{Organization: []string{"Acme Co"}},
		NotBefore:             time.Now(),
		NotAfter:              time.Now().Add(365 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		IPAddresses:           []net.IP{net.ParseIP("127.0.0.1")},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	fail(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// One call for each connection, which stays open after its reply, as go-micro's server leaves it.
func answer(connection net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(connection))
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	var call struct {
		Id     int
		Params []struct{ Name string }
	}
	fail(json.NewDecoder(request.Body).Decode(&call))
	body := fmt.Sprintf("{\"id\":%d,\"result\":{\"greeting\":\"Hello %s\"},\"error\":null}\n",
		call.Id, call.Params[0].Name)
	reply := &http.Response{
		StatusCode:    200,
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	}
	fail(reply.Write(connection))
}

// secure: Greeter.Hello by json-rpc, as a service with go-micro's Secure option.
func secureServer() {
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned()}}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	fail(err)
	fmt.Println("Listening on", listener.Addr())
	for {
		connection, err := listener.Accept()
		fail(err)
		go answer(connection)
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
	case len(words) >= 4 && words[0] == "tls":
		tlsClient(count, words[2], words[3], words[4:])
	case len(words) == 1 && words[0] == "secure":
		secureServer()
	case len(words) == 2 && words[0] == "proxy":
		proxy(words[1])
	default:
		fmt.Fprintln(os.Stderr, "usage: peer client|micro|tls|secure|proxy ...")
		os.Exit(2)
	}
}
