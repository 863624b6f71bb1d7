package client

import (
	"errors"
	"net/http"
)

// Refusal returns the problem that an error is, if a gateway refused for good:
// nothing was written, and the same again would be refused again.
func Refusal(err error) (*Problem, bool) {
	var p *Problem
	if errors.As(err, &p) && p.Code != "" && p.Status >= 400 && p.Status < http.StatusInternalServerError && p.Status != http.StatusTooManyRequests {
		return p, true
	}
	return nil, false
}

// OutcomeUnknown reports whether an error of Submit leaves it open if the command
// was applied. Submitting the same bytes again, anywhere, tells.
func OutcomeUnknown(err error) bool {
	_, refused := Refusal(err)
	return err != nil && !refused
}
