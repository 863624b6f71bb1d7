// Package event turns the chain into events: what each transaction that took
// effect did to each record, and which listings and demands of the portal came
// to fit each other by it. It is a pure function of the chain, so every
// organisation's gateway tells the same events under the same ids, and any block
// can be told again at any time.
//
// It does not know who may see what: an Event holds the whole record, and is
// shown to nobody before an Audience has said how much of it he sees.
package event
