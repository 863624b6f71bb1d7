package api

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/indicator"
)

// recomputation is a snapshot beside what its indicator comes to now over the
// same blocks.
type recomputation struct {
	SnapshotID  string  `json:"snapshotId"`
	Code        string  `json:"code"`
	DefVersion  int64   `json:"defVersion"`
	AsOf        int64   `json:"asOf"`
	PeriodFrom  string  `json:"periodFrom,omitempty"`
	PeriodTo    string  `json:"periodTo,omitempty"`
	Region      string  `json:"region,omitempty"`
	BlockHeight int64   `json:"blockHeight"`
	Snapshot    figures `json:"snapshot"`
	Recomputed  figures `json:"recomputed"`
	Missing     int64   `json:"missing,omitempty"`
	Equal       bool    `json:"equal"`
	Why         string  `json:"why,omitempty"`
	WhyZh       string  `json:"whyZh,omitempty"`
}

// figures are the numbers of a value.
type figures struct {
	Value      int64  `json:"value"`
	Num        int64  `json:"num"`
	Den        int64  `json:"den"`
	Permille   int64  `json:"permille"`
	Commitment string `json:"commitment,omitempty"`
	InputRoot  string `json:"inputRoot"`
	InputCount int64  `json:"inputCount"`
}

// getRecomputed answers GET /v1/snapshots/{id}/recomputed: the value computed
// again from history, over the blocks and at the instant the snapshot names.
func (s *server) getRecomputed(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	answer, err := s.recomputed(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, answer)
}

func (s *server) recomputed(c *gin.Context) (*recomputation, error) {
	k, who := collectionOf(rights.KindSnapshot), reader(c)
	e, err := s.record(k, c.Param("id"), who)
	if err != nil {
		return nil, err
	}
	see, err := k.sees(s, e.JSON, who)
	if err == nil && see == seeNothing {
		err = forbidden(e.ID)
	}
	if err != nil {
		return nil, err
	}
	shot, err := decodeEntry[rights.Snapshot](e)
	if err != nil {
		return nil, err
	}
	ask, err := s.asked(fmt.Sprintf("%s@%d", shot.Code, shot.DefVersion))
	if err != nil {
		return nil, err
	}
	if err := s.entitled(ask, who, false); err != nil {
		return nil, err
	}
	height := s.read.Status().Height
	if shot.BlockHeight > blocks(height) {
		return nil, refuse(CodeUnavailable, "", "索引尚未到达快照所用的区块", "the index has not reached the blocks of the snapshot yet")
	}
	if shot.BlockHeight > 0 {
		height = uint64(shot.BlockHeight)
	}
	ask.height, ask.ask = height, indicator.Ask{AsOf: shot.AsOf, Region: shot.Region}
	if shot.PeriodFrom > 0 {
		ask.ask.Period = indicator.Period{From: rights.CivilDate(shot.PeriodFrom), To: rights.CivilDate(shot.PeriodTo)}
	}
	v, err := s.computed(c, ask)
	if err != nil {
		return nil, err
	}
	out := &recomputation{
		SnapshotID: shot.ID, Code: shot.Code, DefVersion: shot.DefVersion, AsOf: shot.AsOf, PeriodFrom: ask.ask.Period.From, PeriodTo: ask.ask.Period.To, Region: shot.Region, BlockHeight: blocks(height), Missing: v.Missing,
		Snapshot:   figures{shot.ValueInt, shot.Num, shot.Den, shot.Permille, shot.Commitment, shot.InputRoot, shot.InputCount},
		Recomputed: figures{v.ValueInt, v.Num, v.Den, v.Permille, "", v.Root, int64(len(v.Inputs))},
	}
	out.judge(ask.def.Withheld(shot.InputCount))
	return out, nil
}

// judge says whether both are equal, and if not what may be behind it.
func (r *recomputation) judge(withheld bool) {
	a, b := r.Snapshot, r.Recomputed
	a.Commitment = ""
	if withheld { // its value is behind the commitment
		a.Value, a.Num, a.Den, a.Permille = b.Value, b.Num, b.Den, b.Permille
	}
	r.Equal = a == b
	switch {
	case r.Equal && withheld:
		r.WhyZh, r.Why = "输入清单相同；快照的值只有承诺，须与所存保密内容核对", "the inputs are the same; the snapshot has a commitment in place of its value, to be held against the secret kept"
	case r.Equal:
	case r.Missing > 0:
		r.WhyZh, r.Why = "部分金额本机构节点未存（多已依保存期限清除），不能重算", "some amounts are not kept by this organisation's peer, most likely purged after their retention, and cannot be counted again"
	case a.InputRoot == b.InputRoot:
		r.WhyZh, r.Why = "输入清单相同，而值不是由其算出的", "the inputs are the same, but the value is not what they come to"
	default:
		r.WhyZh, r.Why = "输入清单不同：快照所用的区块数、时点或算法不同，或其清单有误；金额以今日所存为准", "the inputs differ: the snapshot was made at another height or instant, by another formula, or its list is wrong; amounts are as kept today"
	}
}
