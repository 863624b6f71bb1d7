// Package webhook delivers events to participants' own addresses: each
// subscription in the order of the ledger, at least once, signed as Standard
// Webhooks has it. What is not taken is tried again with growing pauses and at
// last laid aside as a dead letter, so that the rest goes on; how far a
// subscription is moves only with an answer of 2xx or with a dead letter that is
// on disk.
//
// A participant names the address, so it is a stranger's: connections to what is
// not the public internet are refused at the moment of dialling, redirects are
// not followed, and time and size of answers are bounded.
package webhook
