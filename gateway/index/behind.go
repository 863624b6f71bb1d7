package index

import "slices"

// A bulk build goes on to the next block while those before it are being written.
// They are written in order, and the next one sees them all the same.
type behind []*writing

// maxBehind is how many blocks may be on their way into the store.
const maxBehind = 8

// writing is one of them.
type writing struct {
	values map[string][]byte // what a later block may ask for
	done   chan struct{}
	err    error // once done
}

// writeBehind begins to write entries, when there are not too many before them.
func (x *Index) writeBehind(entries []entry, ts uint64) error {
	if len(x.behind) == maxBehind {
		if err := x.behind[0].wait(); err != nil {
			return err
		}
		x.behind = slices.Delete(x.behind, 0, 1)
	}
	w := &writing{values: make(map[string][]byte, len(entries)), done: make(chan struct{})}
	for _, e := range entries {
		switch e.key[0] {
		case familyState, familyVersion, familyOrdinal, familyField, familyText, familyCounter:
			w.values[string(e.key)] = e.value
		}
	}
	var before *writing
	if len(x.behind) > 0 {
		before = x.behind[len(x.behind)-1]
	}
	x.behind = append(x.behind, w)
	go func() {
		defer close(w.done)
		if before != nil {
			if w.err = before.wait(); w.err != nil {
				return
			}
		}
		w.err = x.store(entries, ts)
	}()
	return nil
}

func (b behind) get(key []byte) (value []byte, ok bool) {
	for _, w := range slices.Backward(b) {
		if value, ok = w.values[string(key)]; ok {
			return value, true
		}
	}
	return nil, false
}

// wait returns when all are written. It may be called again.
func (b behind) wait() error {
	if len(b) == 0 {
		return nil
	}
	return b[len(b)-1].wait()
}

func (w *writing) wait() error {
	<-w.done
	return w.err
}

// held are chunks that a bulk build has changed and not written. Nearly every
// block changes the newest chunk of each frequent word: written once, when there
// are too many or at the end, they cost a small part of what they would each time.
type held struct {
	chunks map[string]*chunk // by key
	most   int
}

// maxHeld bounds them: about 400 bytes each.
const maxHeld = 1 << 17

func (h *held) edit(v *view, key string, e *edit) error {
	c := h.chunks[key]
	if c == nil {
		raw, err := v.get([]byte(key))
		if err != nil {
			return err
		}
		c = new(chunk)
		if err := c.decode(raw); err != nil {
			return err
		}
		h.chunks[key] = c
	}
	c.edit(e)
	return nil
}

// flush appends them to what is to be written and holds none any more.
func (h *held) flush(to []entry) []entry {
	for key, c := range h.chunks {
		to = append(to, entry{[]byte(key), c.encode()})
	}
	clear(h.chunks)
	return to
}

// finish ends a bulk build: everything is written, and the checkpoint with it.
func (x *Index) finish() error {
	x.applying.Lock()
	defer x.applying.Unlock()
	if err := x.behind.wait(); err != nil {
		return err
	}
	x.behind = nil
	if err := x.store(x.held.flush(nil), x.point.Height); err != nil {
		return err
	}
	return x.writeCheckpoint(x.point, nil)
}
