package api

import (
	"encoding/json"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/index"
)

// notice is a case as it is put before the public, with what one can do.
type notice struct {
	ID            string             `json:"id"` // of the case
	State         rights.State       `json:"state"`
	Open          bool               `json:"open"` // objections are still taken
	RegType       string             `json:"regType"`
	ApplicantIDs  []string           `json:"applicantIds"`
	RegistrarID   string             `json:"registrarId"`
	ObjectID      string             `json:"objectId"`
	ObjectName    string             `json:"objectName"`
	RightKinds    []rights.RightKind `json:"rightKinds"`
	NoticeText    string             `json:"noticeText"`
	NoticeStartAt int64              `json:"noticeStartAt"`
	NoticeEndsAt  int64              `json:"noticeEndsAt"`
	Profile       string             `json:"ruleProfileVer"`
	Actions       []noticeAction     `json:"actions"`
	Ledger        place              `json:"ledger"`
}

// noticeAction is something a reader of a notice can do.
type noticeAction struct {
	Command string `json:"command"`
	Until   int64  `json:"until"`
	Who     string `json:"who"`
	WhoZh   string `json:"whoZh"`
}

var objecting = noticeAction{
	Command: "registration.fileObjection",
	Who:     "any active participant but the applicant; anyone else through the registrar",
	WhoZh:   "申请人以外的任何有效主体；其他人通过登记机构提出",
}

func (s *server) notice(e index.Entry) (*notice, error) {
	var k rights.Case
	if err := json.Unmarshal(e.JSON, &k); err != nil {
		return nil, fmt.Errorf("couldn't decode case %s: %w", e.ID, err)
	}
	if k.NoticeStartAt == 0 {
		return nil, nil
	}
	n := &notice{ID: e.ID, State: k.State, RegType: k.RegType, ApplicantIDs: k.ApplicantIDs, RegistrarID: k.RegistrarID, ObjectID: k.ObjectID, ObjectName: k.ObjectName,
		RightKinds: k.RightKinds, NoticeText: k.NoticeText, NoticeStartAt: k.NoticeStartAt, NoticeEndsAt: k.NoticeEndsAt, Profile: k.RuleProfileVer, Actions: []noticeAction{},
		Ledger: place{Block: e.Updated.Block, Tx: e.Updated.Tx, TxID: k.LastTxID, CreatedBlock: e.Created.Block}}
	n.Open = (k.State == rights.StatePublicNotice || k.State == rights.StateObjected) && s.now().Unix() < k.NoticeEndsAt
	if n.Open {
		a := objecting
		a.Until = k.NoticeEndsAt
		n.Actions = append(n.Actions, a)
	}
	return n, nil
}

// listNotices answers GET /v1/notices: the cases to which one can object now.
func (s *server) listNotices(c *gin.Context) {
	q, err := accept(c.Request, append([]param{{name: "registrar"}, {name: "applicant"}}, paging...)...)
	if err != nil {
		s.fail(c, err)
		return
	}
	var queries []index.Query
	for _, state := range []rights.State{rights.StatePublicNotice, rights.StateObjected} {
		where := map[string]string{"state": string(state)}
		for name, field := range map[string]string{"registrar": "registrarId", "applicant": "applicantId"} {
			if v, ok := q[name]; ok {
				where[field] = v
			}
		}
		queries = append(queries, index.Query{Kind: rights.KindCase, Where: where})
	}
	s.page(c, q, queries, func(e index.Entry) (json.RawMessage, error) {
		n, err := s.notice(e)
		if err != nil || n == nil || !n.Open {
			return nil, err
		}
		return encode(n)
	})
}

// getNotice answers GET /v1/notices/{caseId}, also after the notice has ended.
func (s *server) getNotice(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	id := c.Param("id")
	e, err := s.record(&collection{name: "notices", kind: rights.KindCase}, id, nil)
	if err != nil {
		s.fail(c, err)
		return
	}
	n, err := s.notice(e)
	if err == nil && n == nil {
		err = notFound("notices", id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, n)
}
