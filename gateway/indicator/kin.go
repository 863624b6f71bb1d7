package indicator

import (
	"cmp"
	"strings"
)

// kin groups records that count as one: those that share a key, and those that
// share one with them.
type kin struct {
	above   map[string]string
	members []relative
}

type relative struct {
	in  Input
	key string
}

func newKin() *kin { return &kin{above: map[string]string{}} }

func (k *kin) root(key string) string {
	for {
		up, ok := k.above[key]
		if !ok || up == key {
			return key
		}
		if top, ok := k.above[up]; ok {
			k.above[key] = top
		}
		key = up
	}
}

// add enters a record under its keys, which it joins; the first is its own.
func (k *kin) add(in Input, keys ...string) {
	k.members = append(k.members, relative{in, keys[0]})
	for _, key := range keys[1:] {
		if a, b := k.root(keys[0]), k.root(key); a != b {
			k.above[a] = b
		}
	}
}

// inputs names one record of each group: the one with the smallest id.
func (k *kin) inputs() []Input {
	named := map[string]Input{}
	for _, m := range k.members {
		root := k.root(m.key)
		if old, again := named[root]; !again || cmp.Or(strings.Compare(m.in.ID, old.ID), cmp.Compare(m.in.Version, old.Version)) < 0 {
			named[root] = m.in
		}
	}
	var all []Input
	for _, in := range named {
		all = append(all, in)
	}
	return all
}
