package claims_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
)

// slow is a timeout of a type that this package does not know.
type slow struct{}

func (slow) Error() string   { return "too slow" }
func (slow) Timeout() bool   { return true }
func (slow) Temporary() bool { return true }

func parseError(raw string) error {
	_, err := url.Parse(raw)
	return err
}

func TestIsUnavailable(t *testing.T) {
	network := &net.OpError{Op: "dial", Net: "tcp", Err: io.EOF}
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"nil", nil, false},
		{"ErrUnavailable", claims.ErrUnavailable, true},
		{"wrapped", errDown, true},
		{"in an *Error", &claims.Error{Claim: "tenant", Err: claims.ErrUnavailable}, true},
		{"canceled", context.Canceled, true},
		{"deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), true},
		{"network", network, true},
		{"network, wrapped twice", fmt.Errorf("x: %w", &claims.Error{Claim: "tenant", Err: network}), true},
		{"no such host", &net.DNSError{Err: "no such host", Name: "db.example", IsNotFound: true}, true},
		{"time limit of a connection", os.ErrDeadlineExceeded, true},
		{"together with a refusal", errors.Join(errIss, errDown), true},
		{"network, together with a refusal", errors.Join(errIss, network), true},
		{"a timeout of another package", slow{}, true},
		{"of Any", claims.Any(claims.Subject(), returns(new([]string), "", errDown)).Validate(t.Context(), new(claims.Set), time.Time{}), true},
		{"a request that failed", &url.Error{Op: "Get", URL: "https://db.example", Err: network}, true},
		{"a URL that does not parse", parseError("https://[::1"), false},
		{"an address that does not parse", &net.ParseError{Type: "IP address", Text: "x"}, false},
		{"an address that is none", &net.AddrError{Err: "missing port", Addr: "x"}, false},
		{"dialing an address that is none", &net.OpError{Op: "dial", Err: &net.AddrError{Err: "missing port"}}, true},
		{"refused by the peer, as a system call says it", syscall.ECONNREFUSED, true},
		{"refused by the peer, as os says it", os.NewSyscallError("connect", syscall.ECONNREFUSED), true},
		{"end of file", io.EOF, false},
		{"refusal", errIss, false},
		{"lack of scope", errScope, false},
		{"any other", errOther, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := claims.IsUnavailable(test.err); got != test.want {
				t.Errorf("IsUnavailable(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}

// TestS23OnlyTheNetworkIsUnavailable: errors of files and system calls implement
// net.Error, and a token may cause them.
func TestS23OnlyTheNetworkIsUnavailable(t *testing.T) {
	_, notThere := os.ReadFile(filepath.Join(t.TempDir(), "tenant"))
	_, aFolder := os.ReadFile(t.TempDir())
	_, listed := os.ReadDir(filepath.Join(t.TempDir(), "tenant"))
	for _, err := range []error{
		notThere, aFolder, listed, os.ErrNotExist, os.ErrPermission, syscall.ENOENT, syscall.EACCES, syscall.ENAMETOOLONG, syscall.EINVAL,
		exec.ErrNotFound, parseError("%zz"), &net.ParseError{Type: "IP address", Text: "x"}, net.InvalidAddrError("x"), net.UnknownNetworkError("x"),
		&strconv.NumError{Func: "Atoi", Num: "x", Err: strconv.ErrSyntax},
	} {
		if err == nil {
			t.Fatal("an operation that should fail has not")
		}
		for _, err := range []error{err, fmt.Errorf("tenant: %w", err), &claims.Error{Claim: "tenant", Err: err}} {
			if claims.IsUnavailable(err) {
				t.Errorf("IsUnavailable(%v) = true, a %T", err, err)
			}
		}
	}
}

// TestUnavailableReadsOnce: the message does not repeat itself.
func TestUnavailableReadsOnce(t *testing.T) {
	err := &claims.Error{Claim: "tenant", Err: claims.ErrUnavailable}
	if got, want := err.Error(), "claims: tenant: cannot be checked now"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
