package export

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/datarights/datarights/chaincode/rights"
)

// dcatContext is all a reader needs to read a document: no other is fetched.
var dcatContext = object{
	"adms": "http://www.w3.org/ns/adms#", "dcat": "http://www.w3.org/ns/dcat#", "dcterms": "http://purl.org/dc/terms/", "dr": Namespace,
	"foaf": "http://xmlns.com/foaf/0.1/", "hydra": "http://www.w3.org/ns/hydra/core#", "odrl": "http://www.w3.org/ns/odrl/2/", "skos": "http://www.w3.org/2004/02/skos/core#",
	"xsd": "http://www.w3.org/2001/XMLSchema#",
}

// Party is who publishes or offers something.
type Party struct {
	ID   string // participant; empty for a member of the consortium
	Name rights.Text
}

// Catalogued is one thing of the catalogue with what belongs to it: a resource, a
// product, or a listing that is of neither (a service, a tool, a right to be
// transferred). One of the three is set.
type Catalogued struct {
	Resource *rights.Resource
	Product  *rights.Product
	Listing  *rights.Listing

	Publisher    Party
	Certificates []rights.Certificate
	Listings     []rights.Listing // on offer, of the product
}

// CatalogueHead is what a catalogue says of itself.
type CatalogueHead struct {
	Publisher Party
	Height    uint64 // blocks it is drawn from
	Modified  rights.UnixSec
}

// View is a page of a catalogue that is given out page by page; nil: the whole.
type View struct{ This, First, Next string }

// Catalogue writes a dcat:Catalog one thing after another; it keeps none of them.
// The caller ends with Close; without it the document is not well-formed, and so
// cannot be taken for the whole.
type Catalogue struct {
	site Site
	w    io.Writer
	in   string // member being written
}

// Members of a catalogue, in the order they are written.
const (
	memberDatasets = "dcat:dataset"
	memberOthers   = "dcat:resource"
)

// NewCatalogue begins the document.
func NewCatalogue(w io.Writer, site Site, h CatalogueHead) (*Catalogue, error) {
	id := site.Base + "/v1/exports/catalogue"
	head := object{
		"@context": dcatContext, "@id": id, "@type": "dcat:Catalog",
		"dcterms:title":       both(rights.Text{Zh: site.Name.Zh + "：数据目录", En: site.Name.En + ": data catalogue"}),
		"dcterms:description": both(rights.Text{Zh: "账本上已编目的数据资源、已通过审核的数据产品及在售挂牌的公开部分", En: "The public part of the catalogued data resources, approved data products and current listings on the ledger"}),
		"dcterms:publisher":   site.agent(h.Publisher),
		"dcterms:language":    []any{ref("http://publications.europa.eu/resource/authority/language/ZHO"), ref("http://publications.europa.eu/resource/authority/language/ENG")},
		"foaf:homepage":       ref(site.Base + "/"),
		"dcat:themeTaxonomy":  ref(Namespace + "industry"),
		"dr:ledgerHeight":     h.Height,
		"dcat:service": object{
			"@id": site.Base + "/v1", "@type": "dcat:DataService",
			"dcterms:title":            both(rights.Text{Zh: "账本读取接口", En: "Reads of the ledger"}),
			"dcat:endpointURL":         ref(site.Base + "/v1"),
			"dcat:endpointDescription": ref(site.Base + "/openapi.json"),
			"dcterms:conformsTo":       ref("https://spec.openapis.org/oas/v3.1.0"),
		},
	}
	if h.Modified > 0 {
		head["dcterms:modified"] = dateTime(h.Modified)
	}
	raw, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("couldn't write the catalogue's head: %w", err)
	}
	if _, err := w.Write(raw[:len(raw)-1]); err != nil {
		return nil, err
	}
	return &Catalogue{site: site, w: w}, nil
}

// Add writes one thing. Datasets come before what is none.
func (c *Catalogue) Add(x Catalogued) error {
	member, node := memberDatasets, c.site.dataset(x)
	if x.Listing != nil {
		member, node = memberOthers, c.site.offered(x)
	}
	raw, err := json.Marshal(node)
	if err != nil {
		return fmt.Errorf("couldn't write %v: %w", node["@id"], err)
	}
	between := ",\n"
	if member != c.in {
		if c.in != "" {
			between = "],\n"
		}
		between += fmt.Sprintf("%q:[", member)
		c.in = member
	}
	if _, err := io.WriteString(c.w, between); err != nil {
		return err
	}
	_, err = c.w.Write(raw)
	return err
}

// Close ends the document.
func (c *Catalogue) Close(v *View) error {
	end := "}\n"
	if c.in != "" {
		end = "]" + end
	}
	if v != nil {
		page := object{"@id": v.This, "@type": "hydra:PartialCollectionView", "hydra:first": ref(v.First)}
		if v.Next != "" {
			page["hydra:next"] = ref(v.Next)
		}
		raw, err := json.Marshal(page)
		if err != nil {
			return err
		}
		end = `,"hydra:view":` + string(raw) + "}\n"
		if c.in != "" {
			end = "]" + end
		}
	}
	_, err := io.WriteString(c.w, end)
	return err
}

func (s Site) agent(p Party) object {
	a := object{"@type": "foaf:Agent", "foaf:name": []any{}}
	if p.ID != "" {
		a["@id"], a["dcterms:identifier"] = s.record(rights.KindParticipant, p.ID), p.ID
	}
	switch {
	case p.Name.Zh == "" && p.Name.En == "":
		a["foaf:name"] = p.ID
	case p.Name.En == "":
		a["foaf:name"] = zh(p.Name.Zh)
	default:
		a["foaf:name"] = both(p.Name)
	}
	return a
}

// dataset is a resource or product.
func (s Site) dataset(x Catalogued) object {
	d := object{"@type": "dcat:Dataset"}
	var ids []any
	if r := x.Resource; r != nil {
		s.head(d, rights.KindResource, &r.Head, r.Name, r.Overview)
		s.place(d, r.IndustryCode, r.RegionCode)
		temporal(d, r.TimeFrom, r.TimeTo)
		if f, ok := frequencies[r.UpdateFreq]; ok {
			d["dcterms:accrualPeriodicity"] = ref(euFrequency + f)
		}
		d["dcterms:accessRights"] = ref(euAccess + "NON_PUBLIC")
		if n := len(r.Versions); n > 0 {
			d["dcat:version"] = fmt.Sprint(r.Versions[n-1].No)
		}
		d["dr:grade"], d["dr:dataForm"], d["dr:recordCount"] = r.Grade, r.DataForm, r.RecordCount
		ids = s.identifiers(x.Certificates, r.PublicRegCode)
	} else if p := x.Product; p != nil {
		s.head(d, rights.KindProduct, &p.Head, p.Name, p.Overview)
		s.place(d, p.IndustryCode, p.RegionCode)
		d["dcterms:type"] = ref(concept("product-type", p.ProductType))
		d["dcterms:accessRights"] = ref(euAccess + "RESTRICTED")
		if n := len(p.Versions); n > 0 {
			d["dcat:version"] = fmt.Sprint(p.Versions[n-1].No)
		}
		d["dr:grade"] = p.Grade
		code := ""
		if p.PublicData != nil {
			code = p.PublicData.PublicRegCode
			d["dr:grant"] = ref(s.record(rights.KindGrant, p.PublicData.GrantID))
		}
		ids = s.identifiers(x.Certificates, code)
		offers := make([]any, 0, len(x.Listings))
		for i := range x.Listings {
			offers = append(offers, s.distribution(&x.Listings[i]))
		}
		if len(offers) > 0 {
			d["dcat:distribution"] = offers
		}
	}
	if ids != nil {
		d["adms:identifier"] = ids
	}
	d["dcterms:publisher"] = s.agent(x.Publisher)
	return d
}

func (s Site) head(d object, kind rights.Kind, h *rights.Head, name, overview string) {
	d["@id"] = s.record(kind, h.ID)
	d["dcterms:identifier"] = h.ID
	d["dcterms:title"] = zh(name)
	if overview == "" {
		overview = name
	}
	d["dcterms:description"] = zh(overview)
	d["dcterms:issued"], d["dcterms:modified"] = dateTime(h.CreatedAt), dateTime(h.UpdatedAt)
	d["dcat:landingPage"] = ref(s.record(kind, h.ID))
	d["dr:state"] = string(h.State)
}

// place is what GB/T 4754 and GB/T 2260 say of something.
func (s Site) place(d object, industry, region string) {
	if industry != "" {
		d["dcat:theme"] = object{"@id": concept("industry", industry), "@type": "skos:Concept", "skos:notation": industry, "skos:prefLabel": zh("国民经济行业 " + industry), "skos:inScheme": ref(Namespace + "industry")}
	}
	if region != "" {
		d["dcterms:spatial"] = object{"@id": concept("region", region), "@type": "dcterms:Location", "dcterms:identifier": region}
	}
}

func temporal(d object, from, to string) {
	if from == "" && to == "" {
		return
	}
	t := object{"@type": "dcterms:PeriodOfTime"}
	if from != "" {
		t["dcat:startDate"] = typed(from, "xsd:date")
	}
	if to != "" {
		t["dcat:endDate"] = typed(to, "xsd:date")
	}
	d["dcterms:temporal"] = t
}

// identifiers are the registration certificates and the public registration code.
func (s Site) identifiers(certs []rights.Certificate, public string) []any {
	var ids []any
	for i := range certs {
		c := &certs[i]
		ids = append(ids, object{
			"@id": s.record(rights.KindCertificate, c.CertNo), "@type": "adms:Identifier",
			"skos:notation": typed(c.CertNo, Namespace+"certificateNumber"), "dcterms:issued": dateTime(c.IssuedAt), "dcterms:creator": ref(s.record(rights.KindParticipant, c.RegistrarID)),
			"dr:state": string(c.State),
		})
	}
	if public != "" {
		ids = append(ids, object{"@type": "adms:Identifier", "skos:notation": typed(public, Namespace+"publicRegistrationCode")})
	}
	return ids
}

// distribution is a listing of a product: a way to get it, and on which terms.
func (s Site) distribution(l *rights.Listing) object {
	d := object{
		"@id": s.record(rights.KindListing, l.ID), "@type": "dcat:Distribution",
		"dcterms:title": zh(l.ProductName), "dcterms:identifier": l.ID,
		"dcat:accessURL": ref(s.record(rights.KindListing, l.ID)),
		"dcterms:issued": dateTime(l.CreatedAt), "dcterms:modified": dateTime(l.UpdatedAt),
		"dcterms:license": ref(s.licence(l.ID)), "odrl:hasPolicy": ref(s.licence(l.ID)),
		"dr:subjectType": l.SubjectType, "dr:priceModel": l.PriceModel, "dr:productVersion": l.ProductVersion,
	}
	if len(l.DeliveryModes) > 0 {
		d["dr:deliveryMode"] = l.DeliveryModes
	}
	return d
}

// offered is a listing that is of no product.
func (s Site) offered(x Catalogued) object {
	l := x.Listing
	d := object{"@type": "dcat:Resource"}
	s.head(d, rights.KindListing, &l.Head, l.ProductName, "")
	s.place(d, l.IndustryCode, l.RegionCode)
	d["dcterms:type"] = ref(concept("subject-type", l.SubjectType))
	d["dcterms:license"], d["odrl:hasPolicy"] = ref(s.licence(l.ID)), ref(s.licence(l.ID))
	if l.RightID != "" {
		d["dcterms:relation"] = ref(s.record(rights.KindRight, l.RightID))
	}
	d["dcterms:publisher"] = s.agent(x.Publisher)
	return d
}
