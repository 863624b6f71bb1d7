// Package trace looks for the values of private data in everything that a
// consortium's processes keep: blocks, world states, orderers' ledgers, indexes,
// logs. Values are to be long enough to occur nowhere by chance. They are looked
// for as they are and as they stand in signed commands, which are base64.
package trace

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/datarights/datarights/network"
)

// Secrets are the values that were put into each private collection.
type Secrets map[string][]string

// Leaks lists where a value is that it must not be: anything of an organisation
// outside its collection; of a member anything but its peer's private data; what
// the organisations of this host share.
func Leaks(d *network.Deployment, secrets Secrets) ([]string, error) {
	var leaks []string
	look := func(values []string, folder ...string) error {
		found, err := find(d.Dir, filepath.Join(folder...), values)
		leaks = append(leaks, found...)
		return err
	}
	for _, c := range d.Collections() {
		values := secrets[c.Name]
		if len(values) == 0 {
			continue
		}
		for _, shared := range []string{"logs", "channel", "chaincodes"} {
			if err := look(values, shared); err != nil {
				return nil, err
			}
		}
		for i := range d.Organisations {
			org := &d.Organisations[i]
			folders := [][]string{{org.Dir()}}
			if slices.Contains(c.Members, org.MSPID) {
				folders = [][]string{{org.Dir(), "orderer"}, {org.Dir(), "index"}, {org.Dir(), "chaincode"}, {org.Dir(), "peer", "data", "ledgersData", "chains"}}
			}
			for _, folder := range folders {
				if err := look(values, folder...); err != nil {
					return nil, err
				}
			}
		}
	}
	return leaks, nil
}

// Missing lists the values that a member's peer does not have, without which
// finding no leak would show nothing.
func Missing(d *network.Deployment, secrets Secrets) ([]string, error) {
	var missing []string
	for _, c := range d.Collections() {
		for i := range d.Organisations {
			org := &d.Organisations[i]
			if !slices.Contains(c.Members, org.MSPID) {
				continue
			}
			for _, v := range secrets[c.Name] {
				found, err := find(d.Dir, filepath.Join(org.Dir(), "peer", "data"), []string{v})
				if err != nil {
					return nil, err
				}
				if len(found) == 0 {
					missing = append(missing, fmt.Sprintf("%s's peer does not have %s", org.Name, v))
				}
			}
		}
	}
	return missing, nil
}

// find lists the files below a folder that hold one of the values. Files that
// vanish meanwhile held nothing for long.
func find(root, folder string, values []string) (found []string, err error) {
	looks := make([][][]byte, len(values))
	for i, v := range values {
		looks[i] = forms(v)
	}
	err = filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for i, v := range values {
			if slices.ContainsFunc(looks[i], func(form []byte) bool { return bytes.Contains(content, form) }) {
				at, _ := filepath.Rel(root, path) // below root, so it has one
				found = append(found, at+" holds "+v)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't look through %s: %w", folder, err)
	}
	return found, nil
}

// forms are a value as it is, and what base64 makes of it wherever in a text it
// stands: three ways, without the letters that its neighbours have a part in.
func forms(value string) [][]byte {
	list := [][]byte{[]byte(value)}
	for shift := range 3 {
		text := append(make([]byte, shift), value...)
		text = text[:len(text)/3*3]
		if len(text) < 9 { // too little to be sure of
			continue
		}
		for _, encoding := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
			form := []byte(encoding.EncodeToString(text))
			if shift > 0 {
				form = form[4:]
			}
			if !slices.ContainsFunc(list, func(known []byte) bool { return bytes.Equal(known, form) }) {
				list = append(list, form)
			}
		}
	}
	return list
}
