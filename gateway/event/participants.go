package event

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/rights"
)

// Participants are those whom a record, as far as it is shown, names in a value
// of its own: by code, or by a key of theirs. Sorted.
func Participants(record json.RawMessage) []string {
	found := []string{}
	d := json.NewDecoder(bytes.NewReader(record))
	for {
		token, err := d.Token()
		if err != nil { // the end
			break
		}
		s, ok := token.(string)
		if !ok {
			continue
		}
		if id, _, _ := strings.Cut(s, "#"); rights.ValidUSCC(id) && !slices.Contains(found, id) {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	return found
}
