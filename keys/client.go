package keys

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const maxRedirects = 3

// A hardClient follows few redirects, and none to another host or from https
// to http, and keeps no connection open.
type hardClient struct {
	*http.Client
	own *http.Transport // nil: the transport is of a kind of its own
}

// harden returns a copy of client, which may be nil.
func harden(client *http.Client) hardClient {
	hard := hardClient{Client: &http.Client{Transport: http.DefaultTransport}}
	if client != nil {
		*hard.Client = *client
		hard.Transport = cmp.Or(client.Transport, http.DefaultTransport)
	}
	if t, ok := hard.Transport.(*http.Transport); ok {
		// Between two fetches lie minutes: an idle connection only costs.
		hard.own = t.Clone()
		hard.own.DisableKeepAlives = true
		hard.own.MaxResponseHeaderBytes = cmp.Or(hard.own.MaxResponseHeaderBytes, maxBody)
		hard.Transport = hard.own
	}
	hard.Jar = nil
	hard.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		from := via[len(via)-1].URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		case !strings.EqualFold(req.URL.Host, from.Host):
			return errors.New("redirected to another host; configure the URL that it redirects to")
		case req.URL.Scheme != "https" && req.URL.Scheme != from.Scheme:
			return errors.New("redirected from https to http")
		}
		return nil
	}
	return hard
}

// abandon ends a dial or handshake that goes on although its request has
// ended, which package http allows for the sake of other requests.
func (c hardClient) abandon() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// checkURL reports what is wrong with a URL to fetch from.
func checkURL(what, raw string, insecure bool) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return fmt.Errorf("keys: %s is empty", what)
	case err != nil || u.Host == "" || u.Opaque != "":
		return fmt.Errorf("keys: %s is not an absolute https URL", what)
	case u.Fragment != "":
		return fmt.Errorf("keys: %s has a fragment", what)
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("keys: %s has another scheme; use https", what)
	case insecure || isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("keys: %s is plain http beyond loopback, where anybody on the path can put in keys; use https, or WithInsecureHTTP", what)
}

func isHTTPS(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https"
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// redacted is raw without user, password, query and fragment.
func redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an unreadable URL"
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment = nil, "", false, ""
	return u.String()
}

// withoutURL is err without url, as package http and some transports put it
// in: its user, password or query may be secrets.
func withoutURL(err error, rawURL string) error {
	hide := secretsOf(rawURL)
	for {
		var ue *url.Error
		if !errors.As(err, &ue) {
			break
		}
		hide = append(hide, secretsOf(ue.URL)...)
		err = ue.Err
	}
	if strings.Contains(err.Error(), "Location header") {
		return errors.New("redirected to a URL that cannot be read")
	}
	if text := strings.NewReplacer(hide...).Replace(err.Error()); text != err.Error() {
		return &reworded{text, err}
	}
	return err
}

// secretsOf lists what is secret in a URL, each followed by what may be shown.
func secretsOf(rawURL string) []string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return nil
	}
	list := []string{rawURL, redacted(rawURL), u.String(), redacted(rawURL), u.Redacted(), redacted(rawURL)}
	if u.RawQuery != "" {
		list = append(list, "?"+u.RawQuery, "", u.RawQuery, "xxxxx")
	}
	if u.User != nil {
		password, _ := u.User.Password()
		list = append(list, u.User.String()+"@", "")
		for _, secret := range []string{password, u.User.Username()} {
			if secret != "" {
				list = append(list, secret, "xxxxx")
			}
		}
	}
	return list
}

// reworded is an error with another text.
type reworded struct {
	text string
	err  error
}

func (r *reworded) Error() string { return r.text }
func (r *reworded) Unwrap() error { return r.err }
