package export

import (
	"net/url"
	"strings"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// Namespace is what the terms of this project's own profile begin with. It is a
// name; a gateway describes the terms at /v1/exports/vocabulary.
const Namespace = "https://github.com/datarights/datarights/ns#"

// object is a JSON object; its members are written in the order of their names.
type object = map[string]any

// Site is the gateway that documents lead back to: records are named by where it
// serves them.
type Site struct {
	Base string // origin, such as https://registry.example.cn, without a slash at its end
	Name rights.Text
}

// paths are the collections of the kinds that documents name.
var paths = map[rights.Kind]string{
	rights.KindParticipant: "participants", rights.KindResource: "resources", rights.KindProduct: "products", rights.KindListing: "listings",
	rights.KindCertificate: "certificates", rights.KindRight: "rights", rights.KindGrant: "grants", rights.KindPermit: "permits", rights.KindLineage: "lineage",
	rights.KindCopy: "copies", rights.KindDelivery: "deliveries", rights.KindTrade: "trades", rights.KindScenario: "scenarios", rights.KindRecognition: "recognitions",
}

// Paths are the names of the collections whose records documents name.
func Paths() map[rights.Kind]string { return paths }

// record names a record of a kind.
func (s Site) record(kind rights.Kind, id string) string {
	return s.Base + "/v1/" + paths[kind] + "/" + url.PathEscape(id)
}

// any names a record by its id, whose prefix tells its kind; what has none is a
// participant's code or a code of the profile's.
func (s Site) any(id string) string {
	prefix, _, ok := strings.Cut(id, "-")
	if _, known := paths[rights.Kind(prefix)]; ok && known {
		return s.record(rights.Kind(prefix), id)
	}
	if rights.ValidUSCC(id) {
		return s.record(rights.KindParticipant, id)
	}
	return Namespace + "id/" + url.PathEscape(id)
}

// licence names the policy of a record.
func (s Site) licence(id string) string { return s.Base + "/v1/exports/licence/" + url.PathEscape(id) }

// zh is text as the ledger has it.
func zh(text string) object { return object{"@value": text, "@language": "zh"} }

// both is text in two languages.
func both(t rights.Text) []any {
	return []any{object{"@value": t.Zh, "@language": "zh"}, object{"@value": t.En, "@language": "en"}}
}

func ref(iri string) object { return object{"@id": iri} }

func typed(value, datatype string) object { return object{"@value": value, "@type": datatype} }

// instant is a time of the ledger, in UTC.
func instant(at rights.UnixSec) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

func dateTime(at rights.UnixSec) object { return typed(instant(at), "xsd:dateTime") }

// concept is a code of one of the profile's schemes, such as an industry's.
func concept(scheme, code string) string { return Namespace + scheme + "/" + url.PathEscape(code) }
