package rights

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// relyingShards spreads what relies on one record over that many keys, so that
// a hundred trades of one product under way at once seldom write the same one;
// what one transaction makes goes to one. Whoever must know that nothing relies on
// the record asks for them all, by name, in one question. With n commands under way
// about n/2 in so many come too late and are endorsed again: sixteen were too few.
const relyingShards = 256

// maxRelying bounds one shard.
const maxRelying = 2000

// relying lists what in being relies on a record, or binds a participant: open
// trades, live listings, permits, pledges, licences, disputes, copies held.
type relying struct {
	IDs []string `json:"ids"`
}

// transactionOf is the part of a record's id that tells its transaction.
func transactionOf(id string) string {
	parts := strings.Split(id, "-")
	if len(parts) != 5 {
		return id
	}
	return parts[3]
}

// RelyingName is where, among what relies on a target, id would be.
func RelyingName(target, id string) string { return shardOf(target, id) }

func shardOf(target, id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(transactionOf(id))) // never fails
	return pair(target, strconv.Itoa(int(h.Sum32()%relyingShards)))
}

// rely notes that id, which is open, relies on each target.
func (a *Act) rely(id string, targets ...string) error {
	return a.eachShard(id, targets, func(list []string) ([]string, error) {
		if slices.Contains(list, id) {
			return list, nil
		}
		if len(list) >= maxRelying {
			return nil, refuse(CodeQuota, "未结事项过多", "too much is open on this already").on(id)
		}
		return append(list, id), nil
	})
}

// unrely notes that id has ended.
func (a *Act) unrely(id string, targets ...string) error {
	return a.eachShard(id, targets, func(list []string) ([]string, error) {
		return slices.DeleteFunc(list, func(x string) bool { return x == id }), nil
	})
}

func (a *Act) eachShard(id string, targets []string, change func([]string) ([]string, error)) error {
	shards := make([]RecordRef, len(targets))
	for i, t := range targets {
		shards[i] = RecordRef{Kind: PointerRelying, ID: shardOf(t, id)}
	}
	a.Ledger.Ahead(shards...)
	for i, t := range targets {
		if t == "" || slices.Contains(targets[:i], t) {
			continue
		}
		key := shardOf(t, id)
		var s relying
		if _, err := a.Ledger.Load(PointerRelying, key, &s); err != nil {
			return err
		}
		n := len(s.IDs)
		var err error
		if s.IDs, err = change(s.IDs); err != nil {
			return err
		}
		if len(s.IDs) == n {
			continue // it was noted, or never was
		}
		if s.IDs == nil {
			s.IDs = []string{}
		}
		if err := a.Ledger.Store(PointerRelying, key, &s); err != nil {
			return err
		}
	}
	return nil
}

// relyingOn lists what relies on a target, of those kinds (all when none is
// named).
func (a *Act) relyingOn(target string, kinds ...Kind) ([]string, error) {
	shards := make([]RecordRef, relyingShards)
	for i := range shards {
		shards[i] = RecordRef{Kind: PointerRelying, ID: pair(target, strconv.Itoa(i))}
	}
	a.Ledger.Ahead(shards...)
	var list []string
	for _, shard := range shards {
		var s relying
		if _, err := a.Ledger.Load(shard.Kind, shard.ID, &s); err != nil {
			return nil, err
		}
		for _, id := range s.IDs {
			if len(kinds) == 0 || slices.ContainsFunc(kinds, func(k Kind) bool { return isOf(id, k) }) {
				list = append(list, id)
			}
		}
	}
	return list, nil
}

// nothingRelies refuses while anything of those kinds relies on a target.
func (a *Act) nothingRelies(target string, kinds ...Kind) error {
	list, err := a.relyingOn(target, kinds...)
	if err != nil || len(list) == 0 {
		return err
	}
	return refuse(CodeState, "尚有未结事项 %s", "%s is still open on it", list[0]).on(list[0])
}

// isOf reports whether id is a record's of that kind.
func isOf(id string, k Kind) bool {
	return len(id) > len(k) && id[:len(k)] == string(k) && id[len(k)] == '-'
}

// once is the pointer of what may be there once only.
type once struct {
	ID string `json:"id"`
}

// claimOnce refuses when the name is taken by another record that alive still
// lets count, and takes it for id.
func (a *Act) claimOnce(name, id, field string, alive func(other string) (bool, error)) error {
	var o once
	exists, err := a.Ledger.Load(PointerUnique, name, &o)
	if err != nil {
		return err
	}
	if exists && o.ID != id {
		counts := true
		if alive != nil {
			if counts, err = alive(o.ID); err != nil {
				return err
			}
		}
		if counts {
			return refuse(CodeExists, "已有 %s", "there is %s already", o.ID).at(field).on(o.ID)
		}
	}
	return a.Ledger.Store(PointerUnique, name, &once{id})
}

// version is the pointer to the newest version of what is published in versions.
type version struct {
	Ver int64 `json:"ver"`
}

// nextVersion refuses a version that does not follow the newest, and notes it.
func (a *Act) nextVersion(name string, ver int64) error {
	var v version
	if _, err := a.Ledger.Load(PointerVersion, name, &v); err != nil {
		return err
	}
	if ver != v.Ver+1 {
		return refuse(CodeFormat, "版本须连续递增，下一版是 %d", "versions only append; the next is %d", v.Ver+1).at("ver")
	}
	return a.Ledger.Store(PointerVersion, name, &version{ver})
}
