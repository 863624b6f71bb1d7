package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"

	"github.com/datarights/datarights/chaincode/rights"
)

// city makes the records that acts write, as the chaincode would leave them. All
// but the versions of rights follows from numbers and is not kept.
type city struct {
	size
	lots     []uint32 // first case of each lot
	versions []uint16 // of rights
	now      int64
}

// began is when the ledger began.
var began = time.Date(2025, 1, 6, 1, 0, 0, 0, time.UTC).Unix()

func newCity(s size) *city {
	return &city{size: s, versions: make([]uint16, s.cases()*rightsPerCase), now: began}
}

const (
	registrar = "11320900MB0000001T" // not a real credit code
	regulator = "11320900MB0000002T"
	profile   = "DRWG@1"
)

func hash(of ...int) string {
	d := draws(0)
	for _, n := range of {
		d = draws(d.next() ^ uint64(n))
	}
	var b [32]byte
	for i := range b {
		b[i] = byte(d.next())
	}
	return hex.EncodeToString(b[:])
}

// creditCode is the n-th participant's, with its check digit.
func creditCode(n int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	d := draws(n)
	body := fmt.Sprintf("91%sMA%c%05d%c", codes[d.skewed(len(codes))], alphabet[10+n%20], n%100000, alphabet[n/100000%31])
	check, _ := rights.USCCCheck(body) // 17 of its characters
	return body + string(check)
}

func kidOf(participant string) string { return participant + "#1" }

// deal is what a case is about.
type deal struct {
	no, holder               int
	place, industry          string
	placeName, tradeName     string
	name, overview           string
	resource, caseID, certNo string
}

func (c *city) deal(no int) deal {
	d := draws(no)*31 + 7
	at := d.skewed(len(places))
	trade := trades[d.skewed(len(trades))]
	x := deal{no: no, holder: d.skewed(c.Participants), place: codes[at], placeName: places[at], tradeName: trade.name, industry: trade.industry}
	x.name = dataName(&d, x.placeName, x.tradeName)
	x.overview = overviewOf(&d, x.placeName, x.tradeName)
	lot, _ := slices.BinarySearch(c.lots, uint32(no+1))
	first := int(c.lots[lot-1])
	day := time.Unix(began+int64(float64(no)/float64(c.cases())*500*86400), 0).UTC().Format("20060102")
	id := func(kind rights.Kind) string {
		return fmt.Sprintf("%s-%s-%s-%s-%02d", kind, x.place, day, hash(first, int(kind[1]))[:12], no-first)
	}
	x.resource, x.caseID, x.certNo = id(rights.KindResource), id(rights.KindCase), certNo(no)
	return x
}

// certNo numbers certificates as annex 6 has it: by registrar, year and month.
func certNo(no int) string {
	const perMonth = 9999
	month := no / perMonth
	return fmt.Sprintf("SJ32%d20%02d%02d%04d", month/72%10, 20+month/12%6, 1+month%12, 1+no%perMonth)
}

var rightKinds = [rightsPerCase]rights.RightKind{rights.RightHolding, rights.RightUse, rights.RightOperation}

func rightID(x deal, k int) string {
	return fmt.Sprintf("RT-%s-%s%d", x.place, x.resource[len("DR-320903-"):], k)
}

func (c *city) head(kind rights.Kind, id string, state rights.State, version int64, created int64, by, tx string) rights.Head {
	return rights.Head{DocType: string(kind), ID: id, SchemaVersion: rights.SchemaVersion, Version: version, State: state, RuleProfileVer: profile,
		CreatedAt: created, CreatedBy: by, UpdatedAt: c.now, UpdatedBy: by, LastTxID: tx}
}

// put is a record as the world state has it.
func put(kind rights.Kind, id string, record any) (*kvrwset.KVWrite, error) {
	raw, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	return &kvrwset.KVWrite{Key: worldKey(kind, id), Value: raw}, nil
}

func worldKey(kind rights.Kind, id string) string {
	return "\x00" + string(kind) + "\x00" + id + "\x00"
}

// writing collects what one act writes.
type writing struct {
	writes []*kvrwset.KVWrite
	refs   []rights.RecordRef
	err    error
}

func (w *writing) put(kind rights.Kind, h *rights.Head, record any) {
	write, err := put(kind, h.ID, record)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.writes = append(w.writes, write)
	w.refs = append(w.refs, rights.RecordRef{Kind: kind, ID: h.ID, State: h.State, Version: h.Version})
}

// act writes what an act does, under its transaction.
func (c *city) act(a act, tx string) (*writing, error) {
	w := &writing{}
	switch a.what {
	case admits:
		for n := a.first; n < a.first+a.n; n++ {
			c.participant(w, n, tx)
		}
	case revise:
		for r := a.first; r < a.first+a.n; r++ {
			c.right(w, c.deal(r/rightsPerCase), r, tx)
		}
	default:
		if a.what == catalogue {
			c.lots = append(c.lots, uint32(a.first))
		}
		for no := a.first; no < a.first+a.n; no++ {
			c.step(w, a.what, c.deal(no), tx)
		}
	}
	return w, w.err
}

// skip does what act does to the city without making the records.
func (c *city) skip(a act) {
	switch a.what {
	case catalogue:
		c.lots = append(c.lots, uint32(a.first))
	case record:
		for r := a.first * rightsPerCase; r < (a.first+a.n)*rightsPerCase; r++ {
			c.versions[r]++
		}
	case revise:
		for r := a.first; r < a.first+a.n; r++ {
			c.versions[r]++
		}
	}
}

func (c *city) participant(w *writing, n int, tx string) {
	id := creditCode(n)
	p := &rights.Participant{
		Head: c.head(rights.KindParticipant, id, rights.StateActive, 1, c.now, kidOf(id), tx), USCC: id, Name: firmName(n), OrgType: "OrgEnterprise",
		Roles: []rights.Role{rights.RoleEnterprise}, RegionCode: id[2:8],
		Keys: []rights.Key{{No: 1, PublicKey: "04" + hash(n, 1) + hash(n, 2), Fingerprint: "sm3:" + hash(n, 3), State: rights.KeyActive}},
	}
	w.put(rights.KindParticipant, &p.Head, p)
}

const (
	daySeconds  = 86400
	termSeconds = 3 * 365 * daySeconds
)

func (c *city) step(w *writing, step what, x deal, tx string) {
	holder := creditCode(x.holder)
	if step == catalogue {
		r := &rights.Resource{
			Head: c.head(rights.KindResource, x.resource, rights.StateCatalogued, 1, c.now, kidOf(holder), tx), Name: x.name, Overview: x.overview, HolderID: holder,
			SubjectClass: "SubjectEnterprise", SourceType: "SrcCollected", IndustryCode: x.industry, RegionCode: x.place, RegionRange: "Municipal",
			TimeFrom: "2025-01-01", TimeTo: "2025-12-31", UpdateFreq: "Daily", RecordCount: int64(1000 + x.no), SizeBytes: int64(x.no) * 977, DataForm: "Table",
			Structure: "Structured", Level: "LevelGeneral", Grade: 2, GradeReport: rights.Evidence{DocType: rights.DocGrading, Hash: "sm3:" + hash(x.no, 4)}, PI: "None",
			Versions: []rights.ResourceVersion{{No: 1, ContentRoot: "sm3:" + hash(x.no, 5), MatchTag: "sm3:" + hash(x.no, 6), TagEpoch: 1, RecordCount: int64(1000 + x.no), SizeBytes: int64(x.no) * 977, At: c.now}},
		}
		w.put(rights.KindResource, &r.Head, r)
		return
	}
	state := map[what]rights.State{submit: rights.StateSubmitted, accept: rights.StateUnderReview, notice: rights.StatePublicNotice, record: rights.StateRecorded}[step]
	by := kidOf(registrar)
	if step == submit {
		by = kidOf(holder)
	}
	g := &rights.Case{
		Head: c.head(rights.KindCase, x.caseID, state, int64(step-submit)+1, c.now, by, tx), RegType: rights.RegFirst, Profile: "DRWG", ApplicantIDs: []string{holder},
		RegistrarID: registrar, ObjectType: "Resource", ObjectID: x.resource, ObjectVersion: 1, ObjectName: x.name, RightKinds: rightKinds[:], SourceType: "SrcCollected",
		Basis: []rights.Basis{{Type: "BasisOriginal", EvidenceHash: "sm3:" + hash(x.no, 7)}}, SubmittedAt: c.now, AcceptDueAt: c.now + 5*daySeconds,
	}
	for n, paper := range []rights.DocType{rights.DocForm, rights.DocGrading} {
		g.Papers = append(g.Papers, rights.Evidence{DocType: paper, Hash: "sm3:" + hash(x.no, 8+n)})
	}
	if step >= notice {
		g.NoticeText, g.NoticeStartAt, g.NoticeEndsAt = "拟登记"+x.name, c.now, c.now+5*daySeconds
	}
	if step == record {
		g.NoticeEndsAt = c.now
		g.ResultCertNo, g.EndedAt = x.certNo, c.now
		for k := range rightKinds {
			g.ResultRightIDs = append(g.ResultRightIDs, rightID(x, k))
		}
	}
	w.put(rights.KindCase, &g.Head, g)
	pointer := worldKey(rights.PointerOpen, x.resource+","+holder)
	switch step {
	case submit:
		w.writes = append(w.writes, &kvrwset.KVWrite{Key: pointer, Value: []byte(`{"caseId":"` + x.caseID + `"}`)})
	case record:
		w.writes = append(w.writes, &kvrwset.KVWrite{Key: pointer, IsDelete: true})
		c.certificate(w, x, tx)
		for k := range rightKinds {
			c.right(w, x, x.no*rightsPerCase+k, tx)
		}
		w.writes = append(w.writes, &kvrwset.KVWrite{Key: worldKey(rights.PointerHeld, x.resource+","+holder), Value: []byte(`{"rightIds":["` + rightID(x, 0) + `"]}`)})
	}
}

func (c *city) certificate(w *writing, x deal, tx string) {
	holder := creditCode(x.holder)
	t := &rights.Certificate{
		Head: c.head(rights.KindCertificate, x.certNo, rights.StateValid, 1, c.now, kidOf(registrar), tx), CertNo: x.certNo, HolderID: holder, HolderName: firmName(x.holder),
		HolderType: "OrgEnterprise", ObjectType: "Resource", ObjectID: x.resource, DataName: x.name, Overview: x.overview, IndustryCode: x.industry, SourceType: "SrcCollected",
		RegionRange: "Municipal", TimeFrom: "2025-01-01", TimeTo: "2025-12-31", UpdateFreq: "Daily", Volume: int64(1000 + x.no), DataForm: "Table",
		RegistrarID: registrar, CaseID: x.caseID, IssuedAt: c.now, ValidFrom: c.now, ValidTo: c.now + termSeconds, EvidenceRoot: "sm3:" + hash(x.no, 10), ContentRoot: "sm3:" + hash(x.no, 5),
	}
	for k, kind := range rightKinds {
		t.Rights = append(t.Rights, rights.CertificateRight{RightID: rightID(x, k), Kind: kind, HolderID: holder, ValidFrom: c.now, ValidTo: c.now + termSeconds})
	}
	w.put(rights.KindCertificate, &t.Head, t)
}

// right writes the next version of a right: pledged and freed again, frozen,
// suspended, and now and then with another holder.
func (c *city) right(w *writing, x deal, r int, tx string) {
	k := r % rightsPerCase
	if c.versions[r] < math.MaxUint16 {
		c.versions[r]++
	}
	version := int(c.versions[r])
	d := draws(r)<<16 + draws(version)
	holder := creditCode(x.holder)
	if version > 2 && d.below(20) == 0 {
		holder = creditCode(d.skewed(c.Participants))
	}
	state := rights.StateActive
	if version > 1 && d.below(12) == 0 {
		state = rights.StateSuspended
	}
	t := &rights.Right{
		Head: c.head(rights.KindRight, rightID(x, k), state, int64(version), began, kidOf(registrar), tx), Kind: rightKinds[k], ObjectType: "Resource", ObjectID: x.resource,
		ObjectName: x.name, ObjectVersionFrom: 1, HolderID: holder, Basis: []rights.Basis{{Type: "BasisOriginal", EvidenceHash: "sm3:" + hash(x.no, 7)}},
		ValidFrom: c.now, ValidTo: c.now + termSeconds, CertNo: x.certNo, CaseID: x.caseID, RegistrarID: registrar,
	}
	if version%2 == 0 {
		t.Encumbrances = []rights.Encumbrance{{Type: rights.EncPledge, RefID: fmt.Sprintf("PL-320900-20260301-%s-00", hash(r, version)[:12]), From: c.now, ByID: regulator, Rank: 1}}
	}
	w.put(rights.KindRight, &t.Head, t)
}
