package event

import (
	"encoding/json"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/datarights/datarights/gateway/demand"
)

// The field's own library reads an envelope and finds it valid.
func TestEnvelopeIsACloudEvent(t *testing.T) {
	for name, e := range map[string]*Event{
		"a record's":   {Position: Position{12, 0, 3}, Type: "cn.datarights.listing.approve", Kind: "LS", ID: "LS-1", Version: 2, Command: "listing.approve", TxID: "t", At: 1795406400, Record: json.RawMessage(`{"state":"Listed","sellerId":"91320903MA0A00022Y"}`)},
		"a suggestion": {Position: Position{12, 0, 4}, Type: TypeSuggested, Kind: "DM", ID: "DM-1", TxID: "t", At: 1795406400, Record: json.RawMessage(`{}`), Suggestion: &demand.Match{DemandID: "DM-1"}},
	} {
		envelope, err := e.Envelope("urn:datarights:chain:sha256:00", View{Level: "public", Record: e.Record})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(envelope)
		if err != nil {
			t.Fatal(err)
		}
		var read cloudevents.Event
		if err := json.Unmarshal(raw, &read); err != nil {
			t.Fatalf("%s: %v in %s", name, err, raw)
		}
		if err := read.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var data Data
		if err := read.DataAs(&data); err != nil || data.ID != e.ID || read.ID() != e.Position.String() || read.Time().Unix() != e.At || read.Subject() != e.Subject() || read.DataContentType() != "application/json" {
			t.Errorf("%s is read as %s: %v", name, read, err)
		}
	}
	broken, err := json.Marshal(map[string]any{"specversion": "1.0", "id": "", "source": "x", "type": "y"})
	if err != nil {
		t.Fatal(err)
	}
	var read cloudevents.Event
	if json.Unmarshal(broken, &read) == nil && read.Validate() == nil {
		t.Error("the library finds anything valid")
	}
}
