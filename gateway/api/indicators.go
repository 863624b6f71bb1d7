package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/indicator"
	"github.com/datarights/datarights/gateway/session"
)

// indicatorValue is what an indicator comes to, and how that stands to its
// target.
type indicatorValue struct {
	Code       string            `json:"code"`
	Definition json.RawMessage   `json:"definition"`
	AsOf       int64             `json:"asOf"` // the last second that counts
	PeriodFrom string            `json:"periodFrom,omitempty"`
	PeriodTo   string            `json:"periodTo,omitempty"`
	Region     string            `json:"region,omitempty"`
	Value      int64             `json:"value"`
	Num        int64             `json:"num"`
	Den        int64             `json:"den"`
	Permille   int64             `json:"permille"`
	Parts      []indicatorPart   `json:"parts,omitempty"`
	Missing    int64             `json:"missing,omitempty"`
	Target     int64             `json:"target,omitempty"`
	TargetDate string            `json:"targetDate,omitempty"`
	Direction  string            `json:"direction"`
	Reached    *bool             `json:"reached"` // null: it has no target
	InputRoot  string            `json:"inputRoot"`
	InputCount int64             `json:"inputCount"`
	Inputs     *[]indicatorInput `json:"inputs,omitempty"`
	// BlockHeight is how many blocks it is computed over.
	BlockHeight int64 `json:"blockHeight"`
}

type indicatorPart struct {
	Key   string `json:"key"`
	Value int64  `json:"value"`
	Num   int64  `json:"num,omitempty"`
	Den   int64  `json:"den,omitempty"`
}

type indicatorInput struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Amount  int64  `json:"amount"`
}

const (
	// maxInputs is the longest list of inputs one answer has.
	maxInputs = 50_000
	// maxComputing is how many indicators are computed at once: each reads whole
	// kinds of records.
	maxComputing = 2
	// maxKept bounds the values kept for one height, and the inputs in them.
	maxKept       = 500
	maxKeptInputs = 200_000
	// nowSeconds is how long a value as of now is that of now while no block comes.
	nowSeconds = 60
)

// computedValue is a value with what it was computed over.
type computedValue struct {
	indicator.Value
	asOf   rights.UnixSec
	height uint64
	asked  rights.UnixSec // when, of one as of now
}

// indicatorCache keeps what was computed at the present height.
type indicatorCache struct {
	computing chan struct{}

	mu     sync.Mutex
	height uint64
	kept   map[string]computedValue
	inputs int
}

func newIndicatorCache() *indicatorCache {
	return &indicatorCache{computing: make(chan struct{}, maxComputing), kept: map[string]computedValue{}}
}

func (c *indicatorCache) get(key string, height uint64) (computedValue, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.kept[key]
	return v, ok && c.height == height
}

func (c *indicatorCache) put(key string, height uint64, v computedValue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if height < c.height {
		return
	}
	if height > c.height || len(c.kept) >= maxKept || c.inputs+len(v.Inputs) > maxKeptInputs {
		c.height, c.inputs = height, 0
		clear(c.kept)
	}
	if len(v.Inputs) <= maxKeptInputs {
		c.kept[key] = v
		c.inputs += len(v.Inputs)
	}
}

// question is what is asked of an indicator.
type question struct {
	def     *rights.Indicator
	raw     json.RawMessage // of the definition
	formula indicator.Formula
	ask     indicator.Ask
	now     bool   // as of now, whenever that is
	height  uint64 // 0: as many blocks as there are
}

var (
	reCode       = regexp.MustCompile(`^(IN|OP|SI|XI)-[0-9]{2}[A-Z]?(@[1-9][0-9]{0,8})?$`)
	reRegionCode = regexp.MustCompile(`^[1-8][0-9]{5}$`)
)

func dateParam(name string) param {
	return param{name: name, check: func(v string) bool { _, ok := rights.ParseDate(v); return ok }, zh: "须为日期，如 2026-12-31", en: "must be a day such as 2026-12-31"}
}

var indicatorParams = []param{
	dateParam("as_of"),
	{name: "year", check: func(v string) bool { n, err := strconv.Atoi(v); return err == nil && n >= 2000 && n <= 2999 }, zh: "须为年份，如 2026", en: "must be a year such as 2026"},
	dateParam("from"), dateParam("to"),
	{name: "region", check: reRegionCode.MatchString, zh: "须为 6 位行政区划代码；320900 表示全市", en: "must be a region code of 6 digits; 320900 is the whole city"},
	{name: "inputs", oneOf: []string{"true", "false"}},
}

// getIndicatorValue answers GET /v1/indicators/{code}/value.
func (s *server) getIndicatorValue(c *gin.Context) {
	q, err := accept(c.Request, indicatorParams...)
	if err != nil {
		s.fail(c, err)
		return
	}
	ask, err := s.question(c, c.Param("id"), q)
	if err == nil {
		err = s.entitled(ask, reader(c), q["inputs"] == "true")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	v, err := s.computed(c, ask)
	if err != nil {
		s.fail(c, err)
		return
	}
	answer, err := s.indicatorAnswer(ask, v, reader(c), q["inputs"] == "true")
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, answer)
}

// definition finds the definition in force of a code, or the version asked for.
func (s *server) definition(id string) (*rights.Indicator, json.RawMessage, error) {
	unknown := notFound("indicators", id)
	if !reCode.MatchString(id) {
		return nil, nil, unknown
	}
	if strings.Contains(id, "@") {
		e, err := s.read.Get(rights.KindIndicator, id)
		if errors.Is(err, index.ErrNotFound) {
			return nil, nil, unknown
		}
		if err != nil {
			return nil, nil, err
		}
		def, err := decodeEntry[rights.Indicator](e)
		return def, e.JSON, err
	}
	var newest *rights.Indicator
	var raw json.RawMessage
	for cursor := ""; ; {
		page, err := s.read.List(index.Query{Kind: rights.KindIndicator, Where: map[string]string{"code": id}, Cursor: cursor, Limit: MaxPage})
		if err != nil {
			return nil, nil, err
		}
		for _, e := range page.Items {
			def, err := decodeEntry[rights.Indicator](e)
			if err != nil {
				return nil, nil, err
			}
			if def.State == rights.StateActive && (newest == nil || def.Ver > newest.Ver) {
				newest, raw = def, e.JSON
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if newest == nil {
		return nil, nil, unknown
	}
	return newest, raw, nil
}

// question reads what is asked, by the window of the definition.
func (s *server) question(c *gin.Context, id string, q map[string]string) (*question, error) {
	ask, err := s.asked(id)
	if err != nil {
		return nil, err
	}
	now := s.now().Unix()
	today := rights.CivilDate(now)
	day := q["as_of"]
	if day == "" {
		day = today
	}
	if day > today {
		return nil, refuse(rights.CodeTerm, "as_of", "不得晚于今日", "must not be after today")
	}
	if ask.now = day == today; ask.now {
		ask.ask.AsOf = now
	} else {
		start, _ := rights.ParseDate(day) // accept has checked
		ask.ask.AsOf = start + 24*3600 - 1
	}
	if err := ask.window(q, day); err != nil {
		return nil, err
	}
	if ask.ask.Region = q["region"]; ask.ask.Region != "" && !ask.formula.Regional {
		return nil, refuse(rights.CodeFormat, "region", "该指标不分地区", "this indicator is not by region")
	}
	return ask, nil
}

// asked finds a definition and its formula.
func (s *server) asked(id string) (*question, error) {
	def, raw, err := s.definition(id)
	if err != nil {
		return nil, err
	}
	formula, ok := indicator.FormulaOf(def.Code)
	if !ok {
		return nil, refuse(rights.CodeNotFound, "code", "网关没有 "+def.Code+" 的算法", "this gateway has no formula of "+def.Code)
	}
	return &question{def: def, raw: raw, formula: formula}, nil
}

// window reads the period: of a definition by period the year asked for, or the
// days, or the year of the as-of day. Others have none.
func (a *question) window(q map[string]string, day string) error {
	if a.def.Window != rights.WindowPeriod {
		for _, name := range []string{"year", "from", "to"} {
			if q[name] != "" {
				return refuse(rights.CodeFormat, name, "该指标不按期间计算", "this indicator is not one of a period")
			}
		}
		return nil
	}
	switch {
	case q["from"] != "" || q["to"] != "":
		if q["year"] != "" || q["from"] == "" || q["to"] == "" || q["from"] > q["to"] {
			return refuse(rights.CodeFormat, "from", "from 与 to 须同时给出、先后有序，且不与 year 并用", "from and to come together, in order, and not with year")
		}
		a.ask.Period = indicator.Period{From: q["from"], To: q["to"]}
	default:
		year := q["year"]
		if year == "" {
			year = day[:4]
		}
		n, _ := strconv.Atoi(year) // accept has checked
		a.ask.Period = indicator.Year(n)
	}
	return nil
}

// entitled refuses who may not have the value, or its inputs: restricted
// indicators are the regulator's, those over private amounts for the offices at
// a gateway of the collection, the lists of inputs for the offices that read
// those records.
func (s *server) entitled(a *question, who *session.Identity, inputs bool) error {
	regulator := who != nil && slices.Contains(who.Roles, rights.RoleRegulator)
	restricted := a.def.Restricted || slices.Contains(restrictedCodes, a.def.Code)
	switch {
	case !restricted && !a.formula.Private && !inputs:
		return nil
	case who == nil:
		return refuse(CodeSession, "Authorization", "需要会话：涉及保密金额或明细，限交易机构与监管机构", "this needs a session: private amounts and lists of inputs are for the exchange and the regulator")
	case restricted && !regulator, !office(who):
		return forbidden(a.def.ID)
	case inputs && !regulator && slices.ContainsFunc(a.formula.Inputs, func(k rights.Kind) bool {
		of := audiences[k]
		return of != nil && of.private() && !slices.ContainsFunc(of.offices, func(r rights.Role) bool { return slices.Contains(who.Roles, r) })
	}):
		return forbidden(a.def.ID)
	case a.formula.Private && (s.opts.Secrets == nil || !slices.Contains(s.opts.Collections, rights.CollectionTrade)):
		return misdirected()
	}
	return nil
}

// restrictedCodes are for the regulator only, whatever a definition says (6.2).
var restrictedCodes = []string{"OP-08", "OP-09"}

// partsOfParticipants are the codes whose parts say how single participants
// stand: those are for the offices.
var partsOfParticipants = []string{"SI-19"}

// computed computes a value, or finds that it was at this height.
func (s *server) computed(c *gin.Context, a *question) (computedValue, error) {
	present := s.read.Status().Height
	height := present
	if a.height > 0 {
		height = a.height
	}
	key := fmt.Sprintf("%s %d %s %s %s %v", a.def.ID, a.ask.AsOf, a.ask.Period.From, a.ask.Period.To, a.ask.Region, a.height)
	if a.now {
		key = fmt.Sprintf("%s now %s %s %s", a.def.ID, a.ask.Period.From, a.ask.Period.To, a.ask.Region)
	}
	kept := func() (computedValue, bool) {
		v, ok := s.indicators.get(key, present)
		return v, ok && (!a.now || a.ask.AsOf < v.asked+nowSeconds)
	}
	if v, ok := kept(); ok {
		return v, nil
	}
	ctx := c.Request.Context()
	select {
	case s.indicators.computing <- struct{}{}:
		defer func() { <-s.indicators.computing }()
	case <-ctx.Done():
		return computedValue{}, ctx.Err()
	}
	if v, ok := kept(); ok { // by whoever was before
		return v, nil
	}
	ask := a.ask
	if a.now && height > 0 {
		// Blocks carry the time of those who submitted them: what is in is in.
		last, err := s.read.Block(height - 1)
		if err != nil {
			return computedValue{}, err
		}
		ask.AsOf = max(ask.AsOf, last.At)
	}
	if a.formula.Private {
		s.log.InfoContext(ctx, "indicator over private amounts", "requestId", requestID(c), "kid", reader(c).Kid, "code", a.def.Code)
	}
	v, err := a.formula.Compute(&ledgerAt{s: s, ctx: ctx, height: height, asOf: ask.AsOf}, ask)
	if errors.Is(err, indicator.ErrEntitled) {
		return computedValue{}, misdirected()
	}
	if err != nil {
		return computedValue{}, err
	}
	got := computedValue{Value: v, asOf: ask.AsOf, height: height, asked: a.ask.AsOf}
	s.indicators.put(key, present, got)
	return got, nil
}

// indicatorAnswer is the answer as who reads it.
func (s *server) indicatorAnswer(a *question, v computedValue, who *session.Identity, inputs bool) (*indicatorValue, error) {
	out := &indicatorValue{
		Code: v.Code, AsOf: v.asOf, PeriodFrom: a.ask.Period.From, PeriodTo: a.ask.Period.To, Region: a.ask.Region, Value: v.ValueInt, Num: v.Num, Den: v.Den, Permille: v.Permille, Missing: v.Missing,
		Target: a.def.Target, TargetDate: a.def.TargetDate, Direction: a.def.Direction, Reached: reached(a.def, v.ValueInt), InputRoot: v.Root, InputCount: int64(len(v.Inputs)), BlockHeight: blocks(v.height),
	}
	for _, p := range v.Parts {
		if slices.Contains(partsOfParticipants, v.Code) && !office(who) {
			break
		}
		out.Parts = append(out.Parts, indicatorPart{Key: p.Key, Value: p.ValueInt, Num: p.Num, Den: p.Den})
	}
	if inputs {
		if len(v.Inputs) > maxInputs {
			return nil, refuse(rights.CodeTooLarge, "inputs", fmt.Sprintf("清单超过 %d 项；请按期间或地区缩小", maxInputs), fmt.Sprintf("the list has more than %d; ask for a shorter period or a region", maxInputs))
		}
		list := make([]indicatorInput, len(v.Inputs))
		for i, in := range v.Inputs {
			list[i] = indicatorInput(in)
		}
		out.Inputs = &list
	}
	ms, err := s.recordFor(collectionOf(rights.KindIndicator), a.raw, who)
	if err != nil {
		return nil, err
	}
	out.Definition = object(ms)
	return out, nil
}

// reached tells whether a target is met; nil where there is none. An indicator
// that should fall has the target 0 unless it says another.
func reached(def *rights.Indicator, value int64) *bool {
	var yes bool
	switch {
	case def.Direction == "Down":
		yes = value <= def.Target
	case def.Direction == "Up" && def.Target > 0:
		yes = value >= def.Target
	default:
		return nil
	}
	return &yes
}

func blocks(height uint64) int64 { return int64(min(height, math.MaxInt64)) }

// indicatorRoutes serve values of indicators.
func (s *server) indicatorRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{
		get("/v1/indicators/:id/value", s.getIndicatorValue),
		get("/v1/snapshots/:id/recomputed", s.getRecomputed),
	}
}
