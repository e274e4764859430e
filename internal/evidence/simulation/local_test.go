package simulation_test

import "time"

// This file is the model of what is not fetched: files, Sets and providers of somebody
// else's. Like model_test.go it imports nothing of the library.

// A fileModel is the model of a file on one host. It is checked by a lookup, once a
// second by the time of day.
type fileModel struct {
	clock    *clockLog
	maxStale time.Duration
	keys     []entry       // the last good ones
	next     time.Duration // when it is checked again, by the time of day
	checked  time.Duration
	age      time.Duration // of the keys at that check; 0 when it found them
	bad      bool
}

const checkEvery = time.Second

// looks notes that a lookup comes while the file is d.
func (f *fileModel) looks(at time.Duration, d *document) {
	day := at + f.clock.offset(at)
	if wait := f.next - day; 0 < wait && wait <= checkEvery {
		return
	}
	f.reads(at, d)
}

// reads notes that the file is read.
func (f *fileModel) reads(at time.Duration, d *document) {
	day, wait := at+f.clock.offset(at), checkEvery
	if f.bad = !d.good; f.bad {
		f.age += f.clock.least(f.checked, at)
		if left := f.maxStale - f.age; left > 0 {
			wait = min(wait, left)
		}
	} else {
		f.age, f.keys = 0, d.keys
	}
	f.checked, f.next = at, day+wait
}

// gone reports whether its keys are too old.
func (f *fileModel) gone() bool { return f.bad && f.age >= f.maxStale }

// A setModel is the model of a Set.
type setModel struct{ members []member }

type member struct {
	entry
	retires time.Duration // 0: never
}

func (s *setModel) add(e entry) {
	s.remove(func(m member) bool { return m.entry == e })
	s.members = append(s.members, member{entry: e})
}

func (s *setModel) remove(gone func(member) bool) {
	var left []member
	for _, m := range s.members {
		if !gone(m) {
			left = append(left, m)
		}
	}
	s.members = left
}

func (s *setModel) rotate(e entry, end time.Duration) {
	for i := range s.members {
		if r := &s.members[i].retires; *r == 0 || end < *r {
			*r = end
		}
	}
	s.add(e)
}

// entries returns the keys that count at that time.
func (s *setModel) entries(at time.Duration) (all []entry) {
	s.remove(func(m member) bool { return m.retires != 0 && m.retires <= at })
	for _, m := range s.members {
		all = append(all, m.entry)
	}
	return all
}
