package keys_test

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// oddSecret needs padding, and has every digit in which the alphabets differ.
var oddSecret = append([]byte{0xfb, 0xff, 0xfe, 0x3e, 0x3f}, secret...)

func TestK07EncodedSecret(t *testing.T) {
	std, url, hexed := base64.StdEncoding.EncodeToString(oddSecret), base64.URLEncoding.EncodeToString(oddSecret), hex.EncodeToString(oddSecret)
	path := filepath.Join(t.TempDir(), "secret")
	for _, test := range []struct {
		name, encoding, text string
		good                 bool
	}{
		{"base64", "base64", std, true},
		{"base64 without padding", "base64", strings.TrimRight(std, "="), true},
		{"base64 and a line end", "base64", std + "\n", true},
		{"base64 and CRLF", "base64", std + "\r\n", true},
		{"base64url", "base64url", url, true},
		{"base64url without padding", "base64url", strings.TrimRight(url, "="), true},
		{"hex", "hex", hexed, true},
		{"HEX", "hex", strings.ToUpper(hexed) + "\n", true},
		{"two line ends", "base64", std + "\n\n", false},
		{"a line break inside", "base64", std[:20] + "\n" + std[20:], false},
		{"a space inside", "base64", std[:20] + " " + std[20:], false},
		{"a space before", "base64", " " + std, false},
		{"quoted", "base64", `"` + std + `"`, false},
		{"too much padding", "base64", std + "=", false},
		{"too little padding", "base64", strings.TrimRight(std, "=") + "=", len(oddSecret)%3 == 2},
		{"padding inside", "base64", std[:4] + "=" + std[4:], false},
		{"unused bits", "base64", strings.TrimRight(std, "=")[:len(std)-3] + "B", false},
		{"base64url as base64", "base64", url, false},
		{"base64 as base64url", "base64url", std, false},
		{"base64 as hex", "hex", std, false},
		{"odd hex", "hex", hexed[1:], false},
		{"hex with 0x", "hex", "0x" + hexed, false},
		{"too short when decoded", "hex", hexed[:62], false},
	} {
		want, err := keys.NewSecret("", keys.HS256, oddSecret)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SECRET", test.text)
		for _, ref := range []string{"env:SECRET", "file:" + path} {
			p, err := keys.Open(t.Context(), ref+"?alg=HS256&encoding="+test.encoding)
			if !test.good {
				if p != nil || err == nil || strings.Contains(err.Error(), test.text[:8]) {
					t.Errorf("%s: Open(%s) = %v, %v", test.name, ref, p, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			} else if ks := mustFind(t, p, keys.Hint{Algorithm: keys.HS256}); len(ks) != 1 || !ks[0].Equal(want) {
				t.Errorf("%s: Open(%s): another key", test.name, ref)
			}
		}
	}
}

func TestK07EncodingIsAnOption(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(hex.EncodeToString(secret)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := keys.NewFile(path, keys.WithSecretAlgorithm(keys.HS512), keys.WithSecretEncoding(keys.Hex))
	if err != nil {
		t.Fatal(err)
	}
	if ks := f.Status().Keys; len(ks) != 1 || !ks[0].Equal(newSecret(t, "", keys.HS512)) {
		t.Errorf("keys %v", ks)
	}
	const three = "is not base64, base64url or hex"
	if _, err := keys.NewFile(path, keys.WithSecretEncoding("base32")); err == nil || !strings.Contains(err.Error(), `WithSecretEncoding: "base32" `+three) {
		t.Errorf("an unknown encoding: %v", err)
	}
	if _, err := keys.NewFile(path, keys.WithSecretEncoding("")); err == nil {
		t.Error("no encoding: no error")
	}
	if _, err := keys.Open(t.Context(), "file:"+path+"?alg=HS256&encoding=base32"); err == nil || !strings.Contains(err.Error(), three) || strings.Contains(err.Error(), "base32") {
		t.Errorf("an unknown encoding in a reference: %v", err)
	}
}

// TestK07Variants: variants let a diagnosis say how the secret was meant.
func TestK07Variants(t *testing.T) {
	right := newSecret(t, "k", keys.HS256)
	for _, test := range []struct {
		name   string
		secret []byte
		want   string // the variant that is right
	}{
		{"base64", []byte(base64.StdEncoding.EncodeToString(secret)), "decoded from base64"},
		{"base64 and a line end", []byte(base64.StdEncoding.EncodeToString(secret) + "\n"), "decoded from base64"},
		{"hex", []byte(hex.EncodeToString(secret)), "decoded from hex"},
		{"a line end", append(secret[:len(secret):len(secret)], '\n'), "without its line end"},
		{"CRLF", append(secret[:len(secret):len(secret)], "\r\n"...), "without its line end"},
	} {
		k, err := keys.NewSecret("k", keys.HS256, test.secret)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, v := range keys.Variants(k) {
			if v.Key.Equal(right) && v.Advice != "" {
				names = append(names, v.Name)
			}
			if v.Key.Equal(k) || strings.Contains(v.Name+v.Advice, string(test.secret[:8])) {
				t.Errorf("%s: %+v", test.name, v)
			}
		}
		if diff := cmp.Diff([]string{test.want}, names); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.name, diff)
		}
	}
	for _, k := range []*keys.Key{nil, new(keys.Key), edKey(t, "a")} {
		if vs := keys.Variants(k); vs != nil {
			t.Errorf("Variants(%v) = %v", k, vs)
		}
	}
	short, err := keys.NewSecret("", keys.HS256, []byte(hex.EncodeToString(secret[:16])))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range keys.Variants(short) {
		if v.Name == "decoded from hex" {
			t.Error("a variant that is too short")
		}
	}
}

// TestK06ThumbprintIDs lets tokens choose among the keys of a PEM bundle.
func TestK06ThumbprintIDs(t *testing.T) {
	var bundle string
	for range 6 {
		bundle += edPEM(t)
	}
	bundle += pemOf("CERTIFICATE", certify(t, "x", nil, valid(-1000*time.Hour, 1000000*time.Hour)).cert.Raw)
	path := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(path, []byte(bundle), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BUNDLE", bundle)
	f, err := keys.NewFile(path, keys.WithThumbprintIDs())
	if err != nil {
		t.Fatal(err)
	}
	all := f.Status().Keys
	if len(all) != 7 {
		t.Fatalf("keys %v, skipped %v", all, f.Status().Skipped)
	}
	for _, ref := range []string{"file:" + path + "?kid=thumbprint", "env:BUNDLE?kid=thumbprint"} {
		p, err := keys.Open(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			ks := mustFind(t, p, keys.Hint{KeyID: k.Thumbprint(), Algorithm: k.Algorithm()})
			if len(ks) != 1 || !ks[0].Equal(k) || ks[0].ID() != k.Thumbprint() {
				t.Errorf("%s: %v", ref, ks)
			}
		}
	}
	if p, err := keys.Open(t.Context(), "env:BUNDLE?kid=other"); p != nil || err == nil || !strings.Contains(err.Error(), "is not thumbprint") {
		t.Errorf("?kid=other: %v", err)
	}
	t.Setenv("SECRET", string(secret))
	p, err := keys.Open(t.Context(), "env:SECRET?alg=HS256&kid=thumbprint")
	if err != nil || mustFind(t, p, keys.Hint{})[0].ID() != "" {
		t.Errorf("a secret got an ID: %v", err)
	}
	r, err := keys.NewRemote("https://127.0.0.1/", keys.WithThumbprintIDs(), keys.WithSeed([]byte(set(edJWK+`}`, ecJWK+`,"kid":"ec"}`))))
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(r.Status().Keys); got[0] != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" || got[1] != "ec" {
		t.Errorf("published keys: %v", got)
	}
}
