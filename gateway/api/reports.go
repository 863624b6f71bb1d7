package api

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/report"
	"github.com/datarights/datarights/gateway/session"
)

const (
	mediaHTML = "text/html; charset=utf-8"
	mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	// maxReported is how many records of a kind one report has.
	maxReported = 5000
)

// reportRoutes are the reports that the law and the regulator ask for.
func (s *server) reportRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{
		get("/v1/reports/disclosure", s.reportDisclosure),
		get("/v1/reports/indicators", s.reportIndicators),
	}
}

var (
	rePeriod   = regexp.MustCompile(`^(2[0-9]{3})(-(0[1-9]|1[0-2])|-Q([1-4]))?$`)
	formatForm = param{name: "format", oneOf: []string{"html", "xlsx"}}
	yearForm   = param{name: "year", check: func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= 2000 && n <= 2999 && len(v) == 4
	}, zh: "须为年份，如 2026", en: "must be a year such as 2026"}
)

// reported draws a report's records from the ledger at one height, as their reader
// sees them.
type reported struct {
	s      *server
	at     *ledgerAt
	who    *session.Identity
	source report.Source
	names  map[string]string
}

func (s *server) reporting(c *gin.Context) (*reported, error) {
	height := s.read.Status().Height
	r := &reported{s: s, who: reader(c), at: &ledgerAt{s: s, ctx: c.Request.Context(), height: height, asOf: math.MaxInt64}, source: report.Source{Base: s.site(c).Base, Height: height}, names: map[string]string{}}
	if height > 0 {
		b, err := s.read.Block(height - 1)
		if err != nil {
			return nil, err
		}
		r.source.At = b.At
	}
	return r, nil
}

// records are those of a kind that the reader sees something of, with the block
// that has the version shown.
func records[T any](r *reported, kind rights.Kind, where map[string]string, is func(*T) bool) ([]report.Recorded[T], error) {
	var all []report.Recorded[T]
	for cursor := ""; ; {
		page, err := r.s.read.List(index.Query{Kind: kind, Where: where, Oldest: true, Cursor: cursor, Limit: index.MaxLimit})
		if err == nil {
			err = r.at.ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			raw, block, err := r.version(e)
			if err != nil {
				return nil, err
			}
			if raw == nil {
				continue
			}
			v, err := asSeen[T](r.s, collectionOf(kind), raw, r.who)
			if err != nil {
				return nil, err
			}
			if v != nil && is(v) {
				all = append(all, report.Recorded[T]{Record: *v, Block: block})
			}
		}
		if len(all) > maxReported {
			return nil, refuse(rights.CodeTooLarge, "", fmt.Sprintf("超过 %d 条记录；请缩小期间或指定授权主体", maxReported), fmt.Sprintf("there are more than %d records; ask for a shorter period or one authorising body", maxReported))
		}
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// version is a record as it stood, and its block.
func (r *reported) version(e index.Entry) (json.RawMessage, uint64, error) {
	raw, err := r.at.version(e)
	if err != nil || raw == nil || e.Updated.Block < r.at.height {
		return raw, e.Updated.Block, err
	}
	revisions, err := r.s.read.History(e.Kind, e.ID)
	for _, v := range slices.Backward(revisions) {
		if r.at.holds(v) {
			return raw, v.Block, err
		}
	}
	return nil, 0, err
}

func (r *reported) name(ids ...string) error {
	for _, id := range ids {
		if _, known := r.names[id]; known || id == "" {
			continue
		}
		var p rights.Participant
		if _, err := r.at.Find(rights.KindParticipant, id, &p); err != nil {
			return err
		}
		r.names[id] = p.Name
	}
	return nil
}

// answerReport answers in the form asked for: by format, else by Accept, else as a
// page.
func (s *server) answerReport(c *gin.Context, format, name string, r *report.Report) {
	if format == "" && strings.Contains(c.GetHeader("Accept"), mediaXLSX) {
		format = "xlsx"
	}
	h := c.Writer.Header()
	if format == "xlsx" {
		body, err := report.XLSX(r)
		if err != nil {
			s.fail(c, err)
			return
		}
		h.Set("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
		s.answerBytes(c, mediaXLSX, body)
		return
	}
	body, err := report.HTML(r)
	if err != nil {
		s.fail(c, err)
		return
	}
	h.Set("Content-Security-Policy", report.Policy)
	s.answerBytes(c, mediaHTML, body)
}

// reportDisclosure answers GET /v1/reports/disclosure?year=&authoriser=: how public
// data was operated under grants in a year. It is for everyone.
func (s *server) reportDisclosure(c *gin.Context) {
	q, err := accept(c.Request, yearForm, formatForm,
		param{name: "authoriser", check: rights.ValidUSCC, zh: "须为统一社会信用代码", en: "must be a unified social credit code"})
	if err == nil && q["year"] == "" {
		err = refuse(rights.CodeFormat, "year", "缺少参数", "is missing")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	r, err := s.reporting(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	r.who = nil // the disclosure is the public's, whoever prints it
	year, _ := strconv.ParseInt(q["year"], 10, 64)
	in, err := r.disclosure(year, q["authoriser"])
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerReport(c, q["format"], "disclosure-"+q["year"], report.Disclosure(*in))
}

func (r *reported) disclosure(year int64, authoriser string) (*report.DisclosureInput, error) {
	from, to := yearBounds(year)
	in := &report.DisclosureInput{Source: r.source, Year: year, Authoriser: authoriser, Names: r.names}
	where := map[string]string{}
	if authoriser != "" {
		where["authoriserId"] = authoriser
	}
	var err error
	if in.Grants, err = records(r, rights.KindGrant, where, func(g *rights.Grant) bool {
		return g.EffectiveAt > 0 && g.EffectiveAt < to && (g.EndedAt == 0 || g.EndedAt >= from)
	}); err != nil {
		return nil, err
	}
	due := map[string]rights.UnixSec{}
	for i := range in.Grants {
		g := &in.Grants[i].Record
		if due[g.ID], err = r.due(g, year); err != nil {
			return nil, err
		}
		of := map[string]string{"grantId": g.ID}
		filed, err := records(r, rights.KindDisclosure, of, func(d *rights.Disclosure) bool { return d.Year == year })
		if err != nil {
			return nil, err
		}
		products, err := records(r, rights.KindProduct, of, func(p *rights.Product) bool { return p.PublicData != nil && p.CreatedAt < to })
		if err != nil {
			return nil, err
		}
		listings, err := records(r, rights.KindListing, of, func(l *rights.Listing) bool { return l.CreatedAt < to && l.ValidTo > from })
		if err != nil {
			return nil, err
		}
		in.Disclosures, in.Products, in.Listings = append(in.Disclosures, filed...), append(in.Products, products...), append(in.Listings, listings...)
		if err := r.name(g.AuthoriserID, g.GranteeID); err != nil {
			return nil, err
		}
	}
	for i := range in.Products {
		err = firstOf(err, r.name(in.Products[i].Record.OwnerID))
	}
	for i := range in.Listings {
		err = firstOf(err, r.name(in.Listings[i].Record.SellerID))
	}
	in.DueAt = func(g *rights.Grant) rights.UnixSec { return due[g.ID] }
	if err != nil {
		return nil, err
	}
	in.Shots, err = r.shots(from, to, report.OperationCodes)
	return in, err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

func yearBounds(year int64) (from, to rights.UnixSec) {
	return time.Date(int(year), 1, 1, 0, 0, 0, 0, shanghai).Unix(), time.Date(int(year)+1, 1, 1, 0, 0, 0, 0, shanghai).Unix()
}

// defaultDisclosureMonth holds where a rule profile does not say.
const defaultDisclosureMonth = 3

// due is the instant by which the report on a year must be filed: the end of the
// profile's month of the next year.
func (r *reported) due(g *rights.Grant, year int64) (rights.UnixSec, error) {
	month := int64(defaultDisclosureMonth)
	if g.RuleProfileVer != "" {
		var p rights.RuleProfile
		if _, err := r.at.Find(rights.KindProfile, g.RuleProfileVer, &p); err != nil {
			return 0, err
		}
		if n := p.Int(rights.ParamDisclosureMonth); n > 0 {
			month = n
		}
	}
	return time.Date(int(year)+1, time.Month(month)+1, 1, 0, 0, 0, 0, shanghai).Unix(), nil
}

// shots are the published snapshots as of [from, to), of some codes or all, each
// with its definition. One whose definition the reader may not see is left out.
func (r *reported) shots(from, to rights.UnixSec, codes []string) ([]report.Shot, error) {
	found, err := records(r, rights.KindSnapshot, nil, func(x *rights.Snapshot) bool {
		return x.State == rights.StatePublished && from <= x.AsOf && x.AsOf < to && (codes == nil || slices.Contains(codes, x.Code))
	})
	if err != nil {
		return nil, err
	}
	defs := map[string]*rights.Indicator{}
	var all []report.Shot
	for _, x := range found {
		id := fmt.Sprintf("%s@%d", x.Record.Code, x.Record.DefVersion)
		def, known := defs[id]
		if !known {
			var raw json.RawMessage
			there, err := r.at.Find(rights.KindIndicator, id, &raw)
			if err != nil {
				return nil, err
			}
			if there {
				if def, err = asSeen[rights.Indicator](r.s, collectionOf(rights.KindIndicator), raw, r.who); err != nil {
					return nil, err
				}
			}
			defs[id] = def
		}
		if def != nil {
			all = append(all, report.Shot{Recorded: x, Def: def})
		}
	}
	return all, nil
}

// reportIndicators answers GET /v1/reports/indicators?period=: what was published of
// each indicator in a year, quarter or month.
func (s *server) reportIndicators(c *gin.Context) {
	q, err := accept(c.Request, formatForm,
		param{name: "period", check: rePeriod.MatchString, zh: "须为年、季或月，如 2026、2026-Q1、2026-03", en: "must be a year, quarter or month such as 2026, 2026-Q1, 2026-03"})
	if err == nil && q["period"] == "" {
		err = refuse(rights.CodeFormat, "period", "缺少参数", "is missing")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	r, err := s.reporting(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	in := report.IndicatorsInput{Source: r.source, Period: q["period"]}
	from, to := periodBounds(q["period"])
	if in.Defs, err = records(r, rights.KindIndicator, nil, func(d *rights.Indicator) bool { return d.State == rights.StateActive }); err == nil {
		in.Shots, err = r.shots(from, to, nil)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerReport(c, q["format"], "indicators-"+q["period"], report.Indicators(in))
}

// periodBounds are those of what rePeriod has matched.
func periodBounds(period string) (from, to rights.UnixSec) {
	m := rePeriod.FindStringSubmatch(period)
	year, _ := strconv.Atoi(m[1])
	first, months := time.January, 12
	switch {
	case m[3] != "":
		n, _ := strconv.Atoi(m[3])
		first, months = time.Month(n), 1
	case m[4] != "":
		n, _ := strconv.Atoi(m[4])
		first, months = time.Month(3*n-2), 3
	}
	start := time.Date(year, first, 1, 0, 0, 0, 0, shanghai)
	return start.Unix(), start.AddDate(0, months, 0).Unix()
}
