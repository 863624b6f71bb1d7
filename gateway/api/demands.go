package api

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/demand"
	"github.com/datarights/datarights/gateway/index"
)

// Supply and demand: what fits what, in words. Nothing here writes; a match is
// made by demand.match.

func (s *server) demandRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{
		get("/v1/demands/:id/matches", s.demandMatches),
		get("/v1/listings/:id/demands", s.listingDemands),
	}
}

// maxCounterparts bounds the listings or demands one answer looks at, the newest
// first.
const maxCounterparts = 5000

// counterpart is a match with the other side's title.
type counterpart struct {
	demand.Match
	Title string `json:"title"` // of the demand or of the product listed
	State string `json:"state"`
	Href  string `json:"href"`
	// Effective says whether the right behind the listing can be relied on now.
	Effective *effective `json:"effective"`
}

var matchParams = []param{
	{name: "minScore", check: func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= 0 && n <= 100 && strconv.Itoa(n) == v
	}, zh: "须为 0 至 100 的整数；给出时亦列出不相合者及原因", en: "must be a whole number from 0 to 100; then what does not fit is listed too, with why"},
	paging[0],
}

// demandMatches answers GET /v1/demands/{id}/matches: the listings that fit, the
// best first.
func (s *server) demandMatches(c *gin.Context) {
	q, err := accept(c.Request, matchParams...)
	if err != nil {
		s.fail(c, err)
		return
	}
	var d rights.Demand
	if err := s.readable(c, rights.KindDemand, &d); err != nil {
		s.fail(c, err)
		return
	}
	now := s.now().Unix()
	supplies := map[string]*demand.Supply{}
	s.counterparts(c, q, index.Query{Kind: rights.KindListing, Where: map[string]string{"state": string(rights.StateListed)}}, func(raw json.RawMessage) (demand.Match, error) {
		var l rights.Listing
		if err := json.Unmarshal(raw, &l); err != nil {
			return demand.Match{}, err
		}
		supply, err := demand.NewSupply(s, l)
		if err != nil {
			return demand.Match{}, err
		}
		supplies[l.ID] = supply
		return demand.Judge(&d, supply, now), nil
	}, func(m demand.Match) counterpart {
		l := &supplies[m.ListingID].Listing
		return counterpart{Match: m, Title: l.ProductName, State: string(l.State), Href: "/v1/listings/" + l.ID}
	})
}

// listingDemands answers GET /v1/listings/{id}/demands: the demands that fit.
func (s *server) listingDemands(c *gin.Context) {
	q, err := accept(c.Request, matchParams...)
	if err != nil {
		s.fail(c, err)
		return
	}
	var l rights.Listing
	if err := s.readable(c, rights.KindListing, &l); err != nil {
		s.fail(c, err)
		return
	}
	supply, err := demand.NewSupply(s, l)
	if err != nil {
		s.fail(c, err)
		return
	}
	now := s.now().Unix()
	demands := map[string]*rights.Demand{}
	s.counterparts(c, q, index.Query{Kind: rights.KindDemand}, func(raw json.RawMessage) (demand.Match, error) {
		var d rights.Demand
		if err := json.Unmarshal(raw, &d); err != nil {
			return demand.Match{}, err
		}
		demands[d.ID] = &d
		return demand.Judge(&d, supply, now), nil
	}, func(m demand.Match) counterpart {
		d := demands[m.DemandID]
		return counterpart{Match: m, Title: d.Title, State: string(d.State), Href: "/v1/demands/" + d.ID}
	})
}

// readable reads the record that the path names, for who may.
func (s *server) readable(c *gin.Context, kind rights.Kind, v any) error {
	k := collectionOf(kind)
	e, err := s.record(k, c.Param("id"), reader(c))
	if err != nil {
		return err
	}
	see, err := k.sees(s, e.JSON, reader(c))
	if err != nil {
		return err
	}
	if see == seeNothing {
		return forbidden(e.ID)
	}
	_, err = decodeInto(kind, e.ID, e.JSON, v)
	return err
}

// counterparts judges what a query finds and answers the best of it, as far as
// who reads may see it.
func (s *server) counterparts(c *gin.Context, q map[string]string, query index.Query, judge func(json.RawMessage) (demand.Match, error), show func(demand.Match) counterpart) {
	k, who := collectionOf(query.Kind), reader(c)
	least, all := demand.Threshold, false
	if q["minScore"] != "" {
		least, _ = strconv.Atoi(q["minScore"]) // accept has checked
		all = true
	}
	var found []demand.Match
	query.Limit = index.MaxLimit
	for looked := 0; looked < maxCounterparts; {
		page, err := s.read.List(query)
		if err != nil {
			s.fail(c, err)
			return
		}
		for _, e := range page.Items {
			see, err := k.sees(s, e.JSON, who)
			if err == nil && see == seeNothing {
				continue
			}
			var m demand.Match
			if err == nil {
				m, err = judge(e.JSON)
			}
			if err != nil {
				s.fail(c, err)
				return
			}
			if m.Score >= least && (all || m.Fits) {
				found = append(found, m)
			}
		}
		looked += len(page.Items)
		if query.Cursor = page.Next; query.Cursor == "" {
			break
		}
	}
	demand.Rank(found)
	// What nothing bars comes first, whatever the score of what something does.
	slices.SortStableFunc(found, func(a, b demand.Match) int {
		switch {
		case a.Fits == b.Fits:
			return 0
		case a.Fits:
			return -1
		}
		return 1
	})
	answer := struct {
		Items []counterpart `json:"items"`
		Next  string        `json:"next"`
	}{Items: []counterpart{}}
	for _, m := range found[:min(pageSize(q), len(found))] {
		item := show(m)
		eff, err := s.listingEffect(m.ListingID)
		if err != nil {
			s.fail(c, err)
			return
		}
		item.Effective = eff
		answer.Items = append(answer.Items, item)
	}
	s.answer(c, answer)
}

// listingEffect says whether a listing can be relied on now.
func (s *server) listingEffect(id string) (*effective, error) {
	var l rights.Listing
	if _, err := s.Find(rights.KindListing, id, &l); err != nil {
		return nil, err
	}
	depth, err := s.basisDepth(l.RuleProfileVer)
	if err != nil {
		return nil, err
	}
	eff, err := effectOf(s, id, s.now().Unix(), depth)
	return &eff, err
}
