package client

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/sketch"
)

// TraceRequest asks what a file is: its sketch or its order-free digest, as
// package fingerprint computes them, are needed. The file itself stays here.
type TraceRequest struct {
	Sketch []byte `json:"sketch,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Extraction is what the marks in the file say; a regulator may send it.
	Extraction *marks.Extraction `json:"extraction,omitempty"`
	OfferedAt  int64             `json:"offeredAt,omitempty"` // UTC seconds; 0 is now
	OfferorID  string            `json:"offerorId,omitempty"` // who offered it, if known
	Limit      int               `json:"limit,omitempty"`     // candidates; 0 is the gateway's default
}

// FileTrace is what a gateway knows of a file.
type FileTrace struct {
	OfferedAt  int64                  `json:"offeredAt"`
	Strong     int64                  `json:"strong"`
	Review     int64                  `json:"review"`
	Candidates []TraceCandidate       `json:"candidates"`
	Marks      *TraceMarks            `json:"marks"`
	Suspect    *TraceSuspect          `json:"suspect"`
	Elements   []rights.BundleElement `json:"elements"`
}

// TraceCandidate is a registered version that the file is like.
type TraceCandidate struct {
	Kind       string           `json:"kind"`
	ID         string           `json:"id"`
	Version    int64            `json:"version"`
	Name       string           `json:"name"`
	HolderID   string           `json:"holderId"`
	HolderName string           `json:"holderName"`
	Block      uint64           `json:"block"`
	Tx         int              `json:"tx"`
	Equal      bool             `json:"equal"`
	Match      *sketch.Match    `json:"match"`
	Reverse    *sketch.Match    `json:"reverse"`
	Strength   string           `json:"strength"` // strong, review, weak
	Recipients []TraceRecipient `json:"recipients"`
	Truncated  bool             `json:"truncated"`
	Offeror    *TraceOfferor    `json:"offeror"` // if the request named one
}

// TraceOfferor is how whoever offered the file stands to a version, and what the
// ledger knows in his favour.
type TraceOfferor struct {
	Relation  string   `json:"relation"` // holder, group, recipient, recipientGroup, none
	CopyIDs   []string `json:"copyIds"`  // received before the offer
	MayResell bool     `json:"mayResell"`
	EarlierID string   `json:"earlierId"` // an older registration of his own
}

// TraceRecipient is one who received the version.
type TraceRecipient struct {
	CopyID     string          `json:"copyId"`
	HolderID   string          `json:"holderId"`
	HolderName string          `json:"holderName"`
	DeliveryID string          `json:"deliveryId"`
	State      string          `json:"state"`
	Equal      bool            `json:"equal"`
	Block      uint64          `json:"block"`
	Tx         int             `json:"tx"`
	Resell     TracePermission `json:"resell"`
	Provide    TracePermission `json:"provide"`
}

// TracePermission is whether a copy allowed something when the file was offered.
type TracePermission struct {
	Allowed  bool   `json:"allowed"`
	Reason   string `json:"reason"`
	ReasonZh string `json:"reasonZh"`
}

// TraceMarks is what the platform's register says of an extraction.
type TraceMarks struct {
	KeyID      string         `json:"keyId"`
	Candidates int            `json:"candidates"`
	Epsilon    float64        `json:"epsilon"`
	Positions  int            `json:"positions"`
	Marks      int            `json:"marks"`
	Accused    []TraceAccused `json:"accused"`
	Reason     string         `json:"reason"`
}

// TraceAccused is a delivery whose mark is in the file. Code and Nonce open its
// commitment, for alert.openFingerprint.
type TraceAccused struct {
	DeliveryID  string  `json:"deliveryId"`
	RecipientID string  `json:"recipientId"`
	Log10       float64 `json:"falseAccusationLog10"`
	Committed   bool    `json:"committed"`
	ByPlatform  bool    `json:"byPlatform"`
	Code        string  `json:"code"`
	Nonce       string  `json:"nonce"`
}

// TraceSuspect is the copy the file came from, as far as is known.
type TraceSuspect struct {
	CopyID     string      `json:"copyId"`
	HolderID   string      `json:"holderId"`
	HolderName string      `json:"holderName"`
	DeliveryID string      `json:"deliveryId"`
	Because    string      `json:"because"` // mark, equal, onlyRecipient
	Path       []TraceStep `json:"path"`
}

// TraceStep is one station of the way the content took.
type TraceStep struct {
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	PartyID string `json:"partyId"`
	Party   string `json:"party"`
	State   string `json:"state"`
	Block   uint64 `json:"block"`
	Tx      int    `json:"tx"`
}

// TraceFile asks a gateway that holds the platform's key what a file is. It
// needs a session: an office's sees everything, another's what is its own. Raw
// is the answer as it came.
func (c *Client) TraceFile(ctx context.Context, r TraceRequest) (t FileTrace, raw json.RawMessage, err error) {
	if err := c.post(ctx, "/v1/traces", r, &raw); err != nil {
		return t, nil, fmt.Errorf("couldn't trace the file: %w", err)
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, nil, fmt.Errorf("couldn't read the trace: %w", err)
	}
	return t, raw, nil
}
