package fetch

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Settings say how a [Client] reaches its endpoints. The zero Settings are those of
// package http.
type Settings struct {
	Client    *http.Client // nil: a client with http.DefaultTransport
	CAFile    string       // PEM; endpoints must have a certificate of its authorities
	TokenFile string       // a bearer token for the host of Home
	Home      string       // the URL that the configuration names
	Public    bool         // endpoints must have public addresses
	Except    []string     // but for these host names
}

// transport returns the transport of the settings, or nil when it is of another
// type than *http.Transport.
func (s Settings) transport() *http.Transport {
	var rt = http.DefaultTransport
	if s.Client != nil {
		rt = cmp.Or(s.Client.Transport, rt)
	}
	t, _ := rt.(*http.Transport)
	return t
}

// Check returns an error for settings that cannot be kept together. It names them
// as package keys does.
func (s Settings) Check() error {
	t := s.transport()
	home, err := url.Parse(s.Home)
	if err != nil {
		home = &url.URL{}
	}
	var errs []error
	refuse := func(wrong bool, text string) {
		if wrong {
			errs = append(errs, errors.New(text))
		}
	}
	if s.CAFile != "" {
		refuse(home.Scheme == "http", "WithCAFile: plain http has no certificate; use https")
		refuse(t == nil, "WithCAFile: the transport of the client is not an *http.Transport, so its certificates cannot be checked")
		refuse(t != nil && dialsTLS(t), "WithCAFile: the transport has a DialTLSContext of its own, which checks certificates by itself; clear it")
		refuse(t != nil && unverified(t), "WithCAFile: the transport has InsecureSkipVerify; clear it")
	}
	if s.TokenFile != "" {
		refuse(home.Scheme == "http" && !isLoopback(home.Hostname()), "WithTokenFile: the token would go over plain http; use https")
		refuse(home.User != nil, "WithTokenFile: the URL has a user or password too; give one of them")
		refuse(s.CAFile == "" && t != nil && unverified(t), "WithTokenFile: the transport has InsecureSkipVerify, so that anyone could take the token; clear it")
	}
	if s.Public {
		refuse(t == nil, "WithPublicAddresses: the transport of the client is not an *http.Transport, so its addresses cannot be checked")
		own := t != nil && t != http.DefaultTransport
		refuse(own && (dials(t) || dialsTLS(t)), "WithPublicAddresses: the transport has a DialContext or DialTLSContext of its own; clear them, since this option dials by itself")
	}
	return message.Join("", errs...)
}

func unverified(t *http.Transport) bool {
	return t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify
}

func dialsTLS(t *http.Transport) bool {
	//lint:ignore SA1019 it still works, so it is looked for
	return t.DialTLSContext != nil || t.DialTLS != nil
}

func dials(t *http.Transport) bool {
	//lint:ignore SA1019 it still works, so it is looked for
	return t.DialContext != nil || t.Dial != nil
}
