package api

import (
	"encoding/json"

	"github.com/datarights/datarights/chaincode/rights"
)

// effective says whether a right can be relied on now, and if not why.
type effective struct {
	Now      bool   `json:"now"`
	Reason   string `json:"reason"`
	ReasonZh string `json:"reasonZh"`
}

// withEffective adds to a right whether it is effective (3.0.5 of the rules).
func withEffective(s *server, e entry, ms []member) ([]member, error) {
	var r rights.Right
	if err := json.Unmarshal(e.JSON, &r); err != nil {
		return nil, err
	}
	eff, err := s.effective(&r)
	if err != nil {
		return nil, err
	}
	return with(ms, "effective", eff)
}
