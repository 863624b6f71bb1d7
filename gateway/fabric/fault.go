package fabric

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/outcome"
)

// Phase is a step of a transaction.
type Phase string

// The phases.
const (
	PhaseEndorse  Phase = "endorse"
	PhaseSubmit   Phase = "submit"
	PhaseStatus   Phase = "commit status"
	PhaseEvaluate Phase = "evaluate"
)

// PhaseError is a failure that is nobody's refusal: what was being done, for
// which transaction, and the peer's own words.
type PhaseError struct {
	Phase Phase
	TxID  string // empty where there is none yet
	Err   error
}

func (e *PhaseError) Error() string {
	if e.TxID == "" {
		return fmt.Sprintf("%s: %v", e.Phase, e.Err)
	}
	return fmt.Sprintf("%s of transaction %s: %v", e.Phase, e.TxID, e.Err)
}

// Unwrap returns the peer's error.
func (e *PhaseError) Unwrap() error { return e.Err }

// unavailableRetry is when a caller should come again after the peer, or
// enough others, could not be reached.
const unavailableRetry = 2 * time.Second

// words is everything an error of the peer's gateway says, one message each.
func words(err error) []string {
	var all []string
	if s, ok := status.FromError(err); ok {
		all = append(all, s.Message())
		for _, d := range s.Details() {
			if d, ok := d.(*gateway.ErrorDetail); ok {
				all = append(all, d.GetMspId()+": "+d.GetMessage())
			}
		}
		return all
	}
	return []string{err.Error()}
}

// refusalIn finds what the chaincode itself said, as the peer passes it on.
func refusalIn(message string) *rights.Error {
	const mark = "chaincode response 400, "
	_, raw, ok := strings.Cut(message, mark)
	if !ok {
		return nil
	}
	var e rights.Error
	// A decoder, for the peer may write on after the object.
	if json.NewDecoder(strings.NewReader(raw)).Decode(&e) == nil && e.Code != "" {
		return &e
	}
	return nil
}

func refusal(err error) *rights.Error {
	if r := (*rights.Error)(nil); errors.As(err, &r) {
		return r
	}
	for _, w := range words(err) {
		if e := refusalIn(w); e != nil {
			return e
		}
	}
	return nil
}

// refusalBy is what a peer of one organisation refused with.
func refusalBy(err error, mspID string) *rights.Error {
	s, ok := status.FromError(err)
	if !ok {
		return nil
	}
	for _, d := range s.Details() {
		if d, ok := d.(*gateway.ErrorDetail); ok && d.GetMspId() == mspID {
			if e := refusalIn(d.GetMessage()); e != nil {
				return e
			}
		}
	}
	return nil
}

func says(err error, text string) bool {
	for _, w := range words(err) {
		if strings.Contains(w, text) {
			return true
		}
	}
	return false
}

const tooMany = "too many requests for "

// busy reports that a peer has more requests than it allows.
func busy(err error) bool { return says(err, tooMany) }

// notEvenLooked reports that our own peer turned a request away at the door. It
// is the one error that proves that nothing happened.
func notEvenLooked(err error) bool {
	return strings.HasPrefix(status.Convert(err).Message(), tooMany)
}

// disagree reports that peers could not agree on one answer: one is a block
// behind another. It passes.
func disagree(err error) bool {
	return says(err, "ProposalResponsePayloads do not match") || says(err, "failed to collect enough transaction endorsements")
}

// endorseFault is what a failed endorsement means to a caller. Nothing was sent
// to ordering in any case.
func endorseFault(err error) error {
	if r := refusal(err); r != nil {
		return r
	}
	switch status.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument, codes.Unimplemented:
		return &PhaseError{PhaseEndorse, "", spoken(err)}
	}
	return unavailable(err)
}

func unavailable(err error) error {
	return &outcome.UnavailableError{RetryAfter: unavailableRetry, Err: &PhaseError{PhaseEndorse, "", spoken(err)}}
}

// spoken is an error with the details the peer put beside its message.
func spoken(err error) error {
	return fmt.Errorf("%w (%s)", err, strings.Join(words(err), "; "))
}
