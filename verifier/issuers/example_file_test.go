package issuers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/issuers"
)

// A file has one reference a line. A change is in force within a second of its
// first token, or not at all if it has a mistake.
func ExampleOpenFile() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "issuers")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			fmt.Println(err)
		}
	}
	now := time.Now()

	write("# our customers\nokta:https://dev-1.okta.com/oauth2/default?aud=api://orders\n")
	iss, err := issuers.OpenFile(path, issuers.WithClock(func() time.Time { return now }))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iss.Names())

	write("okta:https://dev-1.okta.com/oauth2/default?aud=api://orders\ncognito:eu-west-1_AbC123xyz?client=1example\n")
	now = now.Add(time.Second)
	fmt.Println(len(keys.Statuses(iss.Keys())), "statuses:", iss.Names())

	write("cognito:eu-west-1_AbC123xyz\n")
	now = now.Add(time.Second)
	fmt.Println("stale:", keys.Statuses(iss.Keys())[0].Stale, iss.Names())
	// Output:
	// [okta]
	// 3 statuses: [okta cognito]
	// stale: true [okta cognito]
}
