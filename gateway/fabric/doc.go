// Package fabric is a gateway's connection to its organisation's own peer: it
// submits commands and learns what became of them, evaluates, and streams
// blocks.
//
// The rule it is built around: after endorsement, an error says nothing. Under
// BFT ordering a transaction may be committed although submitting it failed, so
// every error is followed by asking for that transaction's commit status, and a
// command is made a new transaction only when the last one is known to be
// without effect. Sending the same endorsed transaction again is always safe:
// the ledger takes a transaction id once.
package fabric
