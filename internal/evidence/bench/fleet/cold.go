package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
	"github.com/jwtverify/jwtverify/keys"
)

// A program verifies one token, prints "verified" and ends.
type program struct {
	name, dir string
	args      []string

	binary string
	size   int64        // bytes
	took   measure.Turn // from exec to the line, on the wall
	cpu    []float64    // ms
}

const coldDir = "github.com/jwtverify/jwtverify/internal/evidence/bench/fleet/cold/"

// ofCold starts small programs: the time from exec to the first verified token.
func (p plan) ofCold() (*measure.Table, error) {
	programs, stop, err := newPrograms()
	if err != nil {
		return nil, err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "jwtverify-fleet-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for i, pr := range programs {
		if err := pr.build(filepath.Join(dir, fmt.Sprint(i))); err != nil {
			return nil, err
		}
	}
	for range p.starts {
		for _, i := range rand.Perm(len(programs)) {
			if err := programs[i].start(); err != nil {
				return nil, err
			}
		}
	}
	t := &measure.Table{
		Title: "A cold process",
		Text: fmt.Sprintf("Time on the wall from exec to the first verified token, %d starts of each program in turn: HS256 with a secret, and ES256 with a JWK Set of one key over loopback HTTP, "+
			"beside a program that only prints; its time of the processors; and the size that go build gives the binary.", p.starts),
		Head: []string{"", "ms, median", "ms, fastest", "× print", "processor, ms", "binary, MB"},
	}
	for _, pr := range programs {
		t.Rows = append(t.Rows, []string{
			pr.name, fmt.Sprintf("%.2f", pr.took.Nanos()/1e6), fmt.Sprintf("%.2f", slices.Min(pr.took.Each)/1e6),
			fmt.Sprintf("%.2f", pr.took.Times(&programs[0].took)), fmt.Sprintf("%.2f", measure.Median(pr.cpu)), fmt.Sprintf("%.1f", float64(pr.size)/1e6),
		})
	}
	return t, nil
}

// newPrograms serves the key that the programs fetch, until stop is called. The
// first program is the one that only prints.
func newPrograms() (programs []*program, stop func(), err error) {
	secret, err := bench.NewMaterial(keys.HS256)
	if err != nil {
		return nil, nil, err
	}
	pair, err := bench.NewMaterial(keys.ES256)
	if err != nil {
		return nil, nil, err
	}
	own, err := jwk(pair.PublicKey(), bench.KeyID)
	if err != nil {
		return nil, nil, err
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"keys":[%s]}`, own)
	}))
	programs = []*program{{name: "print", dir: "print"}}
	static := []string{bench.Issuer, bench.Audience(), string(secret.Secret()), secret.Registered()}
	fetching := []string{bench.Issuer, bench.Audience(), s.URL, pair.Registered()}
	for _, lib := range []struct{ name, dir, fetches string }{
		{"jwtverify", "jwtverify", ""}, {"golang-jwt", "golang-jwt", " with keyfunc"}, {"go-jose", "go-jose", " with net/http"},
	} {
		programs = append(programs, &program{name: lib.name + ", HS256", dir: lib.dir + "/static", args: static},
			&program{name: lib.name + lib.fetches + ", ES256, JWK Set", dir: lib.dir + "/jwks", args: fetching})
	}
	return programs, s.Close, nil
}

func (pr *program) build(binary string) error {
	if out, err := exec.Command("go", "build", "-o", binary, coldDir+pr.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w: %s", pr.dir, err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	pr.binary, pr.size = binary, info.Size()
	return nil
}

func (pr *program) start() error {
	c := exec.Command(pr.binary, pr.args...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := c.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pr.took.Each = append(pr.took.Each, float64(time.Since(start).Nanoseconds()))
	if line != "verified\n" {
		err = errors.Join(fmt.Errorf("%s prints %q", pr.name, line), err)
	}
	err = errors.Join(err, c.Wait())
	pr.cpu = append(pr.cpu, float64((c.ProcessState.UserTime()+c.ProcessState.SystemTime()).Microseconds())/1e3)
	return err
}
