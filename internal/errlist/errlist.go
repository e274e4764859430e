// Package errlist makes errors print on one line.
package errlist

import "strings"

// Join returns an error that wraps every non-nil one of errs and reads as
// prefix followed by their messages, separated by "; ". It is nil when none is
// left.
func Join(prefix string, errs ...error) error {
	var kept []error
	for _, err := range errs {
		if err != nil {
			kept = append(kept, err)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return &list{prefix: prefix, errs: kept}
}

type list struct {
	prefix string
	errs   []error
}

func (l *list) Error() string {
	var b strings.Builder
	b.WriteString(l.prefix)
	for i, err := range l.errs {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

func (l *list) Unwrap() []error { return l.errs }

// OneLine returns err, or where its message has line breaks, an error that
// wraps it and prints without them. OneLine of nil is nil.
func OneLine(err error) error {
	if err == nil || !strings.ContainsAny(err.Error(), "\r\n") {
		return err
	}
	return oneLine{err}
}

type oneLine struct{ error }

var breaks = strings.NewReplacer("\r\n", "; ", "\n", "; ", "\r", "; ")

func (o oneLine) Error() string { return breaks.Replace(o.error.Error()) }
func (o oneLine) Unwrap() error { return o.error }
