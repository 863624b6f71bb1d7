// Package trace finds what a sketch is like among everything that was
// registered, and raises an alert when something registered is too like what
// somebody else has.
//
// The ledger keeps hashes of sketches only. The keyed sketches themselves are
// kept here, by hash, in the platform's gateways; one that another gateway took
// is fetched from it and held against its hash. Everything else follows from
// the ledger and is built anew at every start.
package trace
