package event

import (
	"encoding/json"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/demand"
)

// Event is one event with the whole record it is about. It is shared between
// readers and must not be changed.
type Event struct {
	Position
	Type    string
	Kind    rights.Kind // of the record it is about
	ID      string
	Version int64
	Command string // that the transaction applied; empty for what no command wrote
	TxID    string
	At      rights.UnixSec
	Record  json.RawMessage // as the transaction left it
	// Suggestion is what an event of TypeSuggested suggests; nil in all others.
	Suggestion *demand.Match
}

// View is what one reader sees of an event's record.
type View struct {
	Level  string          // public, full
	Record json.RawMessage // as far as he sees it
}

// Envelope is an event as a reader gets it: CloudEvents 1.0, JSON format.
type Envelope struct {
	SpecVersion     string `json:"specversion"`
	ID              string `json:"id"`
	Source          string `json:"source"`
	Type            string `json:"type"`
	Subject         string `json:"subject,omitempty"`
	Time            string `json:"time"`
	DataContentType string `json:"datacontenttype"`
	Data            Data   `json:"data"`
}

// MediaType is the content type of one Envelope.
const MediaType = "application/cloudevents+json; charset=utf-8"

// Data is what an event tells: where to look, no more of the record than its
// head and whom it names. The record itself is read where its readers are known.
type Data struct {
	Kind    rights.Kind  `json:"kind"`
	ID      string       `json:"id"`
	State   rights.State `json:"state,omitempty"`
	Version int64        `json:"version,omitempty"`
	View    string       `json:"view"` // public, full: how much of the record is behind it
	Command string       `json:"command,omitempty"`
	TxID    string       `json:"txId"`
	Block   uint64       `json:"block"`
	// Participants are those whom the part of the record that the reader sees names.
	Participants []string      `json:"participants"`
	Suggestion   *demand.Match `json:"suggestion,omitempty"`
}

// Envelope renders an event for who has that view of it. source names the chain.
func (e *Event) Envelope(source string, v View) (Envelope, error) {
	var head struct {
		State rights.State `json:"state"`
	}
	if err := json.Unmarshal(v.Record, &head); err != nil {
		return Envelope{}, err
	}
	return Envelope{
		SpecVersion: "1.0", ID: e.Position.String(), Source: source, Type: e.Type, Subject: e.Subject(), Time: stamp(e.At), DataContentType: "application/json",
		Data: Data{Kind: e.Kind, ID: e.ID, State: head.State, Version: e.Version, View: v.Level, Command: e.Command, TxID: e.TxID, Block: e.Block,
			Participants: Participants(v.Record), Suggestion: e.Suggestion},
	}, nil
}

// Subject is the record an event is about: KIND/id.
func (e *Event) Subject() string { return string(e.Kind) + "/" + e.ID }

func stamp(at rights.UnixSec) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

// Batch is what one reader gets at a time.
type Batch struct {
	Events []Envelope
	Next   Position // where he goes on
	More   bool     // there is more already
}
