package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/datarights/datarights/chaincode/rights"
)

// binding is a member of a record whose value is the hash of some file.
type binding struct {
	record *record
	path   string // such as versions[0].sketchHash
}

// boundTo finds where the records hold a file's hash, by either algorithm. What
// the member means (the sample seized, the terms signed, the sketch registered)
// the record says; nothing here depends on which members there are.
func (d *dossier) boundTo(sm3 string, content []byte) (list []binding) {
	sum := sha256.Sum256(content)
	hashes := []string{sm3, "sha256:" + hex.EncodeToString(sum[:])}
	for _, r := range d.sorted() {
		var v any
		if json.Unmarshal(r.value, &v) != nil {
			continue
		}
		each(v, "", func(path, text string) {
			if slices.Contains(hashes, text) {
				list = append(list, binding{r, path})
			}
		})
	}
	return list
}

// each visits the texts of a JSON value in a fixed order.
func each(v any, path string, visit func(path, text string)) {
	leaves(v, path, func(path string, v any) {
		if text, ok := v.(string); ok {
			visit(path, text)
		}
	})
}

// numbers visits its numbers.
func numbers(v any, path string, visit func(path string, n json.Number)) {
	leaves(v, path, func(path string, v any) {
		if n, ok := v.(json.Number); ok {
			visit(path, n)
		}
	})
}

func leaves(v any, path string, visit func(path string, v any)) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			leaves(item, path+"["+strconv.Itoa(i)+"]", visit)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at := name
			if path != "" {
				at = path + "." + name
			}
			leaves(v[name], at, visit)
		}
	default:
		visit(path, v)
	}
}

// named are the participants that a record names.
func named(value []byte) (ids []string) {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return nil
	}
	each(v, "", func(_, text string) {
		if len(text) == 18 && rights.ValidUSCC(text) {
			ids = append(ids, text)
		}
	})
	return ids
}

// elementsOf are the elements of the records that hold a file's hash.
func (d *dossier) elementsOf(list []binding) (all []string) {
	for _, b := range list {
		for _, e := range b.record.elements {
			if !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, byElement)
	return all
}

// byElement orders E1 to E10.
func byElement(a, b string) int { return len(a)*100 - len(b)*100 + bytes.Compare([]byte(a), []byte(b)) }

// assign says which elements each record serves, and so each block.
func (d *dossier) assign(elements []rights.BundleElement) map[uint64][]string {
	for _, r := range d.records {
		r.elements = nil
	}
	for _, e := range elements {
		for _, ref := range e.Records {
			if r := d.records[recordKey{ref.Kind, ref.ID}]; r != nil && !slices.Contains(r.elements, e.No) {
				r.elements = append(r.elements, e.No)
			}
		}
	}
	blocks := map[uint64][]string{}
	for _, r := range d.sorted() {
		for _, s := range r.steps {
			for _, e := range r.elements {
				if !slices.Contains(blocks[s.at.Block], e) {
					blocks[s.at.Block] = append(blocks[s.at.Block], e)
				}
			}
		}
	}
	for _, list := range blocks {
		slices.SortFunc(list, byElement)
	}
	return blocks
}
