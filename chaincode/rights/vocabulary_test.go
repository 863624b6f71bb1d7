package rights_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/rights"
)

// goodBodies pass Check.
var goodBodies = map[string]string{
	"resource.catalogue": `{"name":"表","overview":"说明","subjectClass":"SubjectEnterprise","sourceType":"SrcCollected","industryCode":"D44","regionCode":"320903","regionRange":"Municipal",
		"timeFrom":"2026-01-01","timeTo":"2026-12-31","updateFreq":"Daily","dataForm":"Table","structure":"Structured","level":"LevelGeneral","grade":1,"pi":"None",
		"gradeReport":{"docType":"DocGrading","hash":"sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},"recordCount":1,"sizeBytes":1,"contentRoot":"x"}`,
	"demand.post":    `{"title":"求购","text":"一年","field":"Finance","regionCode":"320900","productTypes":[],"validTo":9}`,
	"listing.submit": `{"productId":"DP-1","venueId":"x","subjectType":"ApiCalls","priceModel":"Free","validTo":9}`,
	"product.create": `{"name":"产品","overview":"说明","productType":"API","level":"LevelGeneral","grade":1,"gradeReport":{"docType":"DocGrading","hash":"sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
		"pi":"None","subjectClass":"SubjectEnterprise","industryCode":"D44","regionCode":"320903","regionRange":"Municipal","contentRoot":"sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		"inputs":[]}`,
}

// A vocabulary that is handed out is the one that is checked: each of its codes
// is taken where it belongs, and any other word is refused there.
func TestVocabularyIsWhatIsChecked(t *testing.T) {
	for command, good := range goodBodies {
		spec, _ := rights.CommandNamed(command)
		refusedAt := func(change func(map[string]any)) string {
			t.Helper()
			var m map[string]any
			if err := json.Unmarshal([]byte(good), &m); err != nil {
				t.Fatal(err)
			}
			change(m)
			raw, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			body := spec.Body()
			if err := json.Unmarshal(raw, body); err != nil {
				t.Fatal(err)
			}
			var e *rights.Error
			if err := body.(rights.Checked).Check(); errors.As(err, &e) {
				return e.Field
			} else if err != nil {
				t.Fatal(err)
			}
			return ""
		}
		if command == "resource.catalogue" || command == "demand.post" || command == "listing.submit" {
			if at := refusedAt(func(map[string]any) {}); at != "" {
				t.Errorf("%s: the good body is refused at %s", command, at)
			}
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(good), &m); err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, member := range []string{"subjectClass", "sourceType", "regionRange", "updateFreq", "dataForm", "structure", "level", "pi", "field", "productTypes", "budgetBand",
			"subjectType", "priceModel", "deliveryModes", "zone", "productType"} {
			codes := rights.Vocabulary(command, member)
			if codes == nil || command == "product.create" && member == "level" { // a product's is checked with its inputs, on the ledger
				continue
			}
			found++
			_, list := m[member].([]any)
			list = list || member == "deliveryModes"
			set := func(code string) func(map[string]any) {
				return func(m map[string]any) {
					if m[member] = code; list {
						m[member] = []string{code}
					}
				}
			}
			if at := refusedAt(set("Nonsense")); !strings.HasPrefix(at, member) {
				t.Errorf("%s: nonsense in %s is refused at %q", command, member, at)
			}
			for _, code := range codes {
				if at := refusedAt(set(code)); strings.HasPrefix(at, member) && code != "LevelCore" {
					t.Errorf("%s: %s in %s is refused", command, code, member)
				}
			}
		}
		if found < 3 {
			t.Errorf("%s: only %d vocabularies were looked at", command, found)
		}
	}
	if rights.Vocabulary("resource.catalogue", "name") != nil || rights.Vocabulary("participant.apply", "name") != nil {
		t.Error("free text has a vocabulary")
	}
}
