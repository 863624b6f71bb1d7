package marks

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/datarights/datarights/internal/tardos"
)

// DefaultEpsilon is the probability that judging one table accuses any innocent
// recipient at all, however many there are.
const DefaultEpsilon = 1e-9

// Reason says why nobody is accused.
type Reason string

const (
	// FewMarks is that even a code which agreed with every vote would stay below
	// the line.
	FewMarks Reason = "FEW_MARKS"
	// NobodyOverLine is that there are marks enough, and no code agrees with them well
	// enough.
	NobodyOverLine Reason = "NOBODY_OVER_LINE"
	// NoCandidates is that the register has no code under this key.
	NoCandidates Reason = "NO_CANDIDATES"
)

// Accusation is one delivery held against an extraction.
type Accusation struct {
	DeliveryID  string  `json:"deliveryId"`
	RecipientID string  `json:"recipientId"`
	Score       float64 `json:"score"`
	// Log10 bounds from above the logarithm, to base 10, of the probability that
	// an innocent's code scores as much.
	Log10   float64 `json:"log10"`
	Accused bool    `json:"accused"`
}

// Judgement is what an extraction says of all deliveries under its key.
type Judgement struct {
	KeyID      string  `json:"keyId"`
	Candidates int     `json:"candidates"`
	Epsilon    float64 `json:"epsilon"`
	Line       float64 `json:"line"`      // log10 of ε ÷ candidates; accused at or below it
	Best       float64 `json:"best"`      // log10 that a code which agreed everywhere would have
	Positions  int     `json:"positions"` // that have a vote
	Marks      int     `json:"marks"`
	// Deliveries are all candidates, the most suspect first. Show the scores of
	// those not accused to nobody but the register's keeper.
	Deliveries []Accusation `json:"deliveries"`
	Reason     Reason       `json:"reason,omitempty"` // set if nobody is accused
}

// Accused lists the deliveries over the line.
func (j *Judgement) Accused() []Accusation {
	n := 0
	for n < len(j.Deliveries) && j.Deliveries[n].Accused {
		n++
	}
	return j.Deliveries[:n]
}

// Accuse holds an extraction against the codes of entries, all of them candidates
// (Bonferroni: each has its share of epsilon, 0 < epsilon < 1). Entries of other
// keys are not candidates. The extraction was parsed or made by this program;
// whatever its votes, an innocent is accused with probability epsilon at most,
// provided that whoever made them does not know the innocent's code.
func Accuse(x *Extraction, entries []Entry, seed [tardos.SeedSize]byte, epsilon float64) (*Judgement, error) {
	if !(epsilon > 0 && epsilon < 1) {
		return nil, fmt.Errorf("couldn't judge: ε is %g, want a probability between 0 and 1", epsilon)
	}
	if err := x.check(); err != nil {
		return nil, fmt.Errorf("couldn't judge the extraction: %w", err)
	}
	e := tardos.Weigh((*tardos.Votes)(x.Votes), tardos.NewBiases(seed))
	j := &Judgement{KeyID: x.KeyID, Epsilon: epsilon, Positions: e.Positions(), Marks: x.Marks, Best: e.Log10(e.Best()), Deliveries: []Accusation{}}
	for i := range entries {
		entry := &entries[i]
		if entry.KeyID != x.KeyID {
			continue
		}
		if err := entry.check(); err != nil {
			return nil, fmt.Errorf("couldn't judge by the entry of %s: %w", entry.DeliveryID, err)
		}
		code := entry.TardosCode()
		s := e.Score(&code)
		j.Deliveries = append(j.Deliveries, Accusation{DeliveryID: entry.DeliveryID, RecipientID: entry.RecipientID, Score: s, Log10: e.Log10(s)})
	}
	j.Candidates = len(j.Deliveries)
	j.Line = math.Log10(epsilon) - math.Log10(float64(max(1, j.Candidates)))
	slices.SortFunc(j.Deliveries, func(a, b Accusation) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return strings.Compare(a.DeliveryID, b.DeliveryID)
	})
	for i := range j.Deliveries {
		j.Deliveries[i].Accused = j.Deliveries[i].Log10 <= j.Line
	}
	switch {
	case j.Candidates == 0:
		j.Reason = NoCandidates
	case len(j.Accused()) > 0:
	case j.Best > j.Line:
		j.Reason = FewMarks
	default:
		j.Reason = NobodyOverLine
	}
	return j, nil
}
