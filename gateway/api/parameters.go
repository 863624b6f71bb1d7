package api

import (
	"encoding/json"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// The parameters are two kinds of records under one path: rule profiles, whose
// id is CODE@version, and work calendars, whose id is YEAR@version.
var (
	profiles  = &collection{name: "parameters", kind: rights.KindProfile, sees: everyone}
	calendars = &collection{name: "parameters", kind: rights.KindCalendar, sees: everyone}
)

func parameterKind(id string) *collection {
	if id != "" && id[0] >= '0' && id[0] <= '9' {
		return calendars
	}
	return profiles
}

// listParameters answers GET /v1/parameters: profiles, then calendars, each
// newest first. The first of a code is the one in force for new cases.
func (s *server) listParameters(c *gin.Context) {
	q, err := accept(c.Request, append([]param{
		{name: "type", oneOf: []string{"profile", "calendar"}}, {name: "code"},
		{name: "year", check: func(v string) bool { n, err := strconv.Atoi(v); return err == nil && n >= 2000 && n <= 2999 }, zh: "须为年份，如 2026", en: "must be a year such as 2026"},
	}, paging...)...)
	if err != nil {
		s.fail(c, err)
		return
	}
	var queries []index.Query
	add := func(k *collection, field, value string) {
		where := map[string]string{}
		if value != "" {
			where[field] = value
		}
		queries = append(queries, index.Query{Kind: k.kind, Where: where})
	}
	if q["type"] != "calendar" && q["year"] == "" {
		add(profiles, "code", q["code"])
	}
	if q["type"] != "profile" && q["code"] == "" {
		add(calendars, "year", q["year"])
	}
	if len(queries) == 0 {
		s.answer(c, listAnswer{Items: []json.RawMessage{}})
		return
	}
	see := s.look()
	s.page(c, q, queries, func(e index.Entry) (json.RawMessage, error) {
		k := profiles
		if e.Kind == rights.KindCalendar {
			k = calendars
		}
		return s.item(k, entry{e, see}, reader(c), false)
	})
}

func (s *server) getParameter(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	s.one(c, parameterKind(c.Param("id")), c.Param("id"))
}

func (s *server) parameterHistory(c *gin.Context) {
	s.historyOf(c, parameterKind(c.Param("id")), c.Param("id"))
}
