// Package evidence makes the bundle of a case of illegal secondary trade and
// verifies it on a machine without a network. A bundle is one archive with the
// records of the case, the blocks that wrote them, reads that several
// organisations' peers endorsed, what lies off the ledger, a report for people
// and a manifest that the exporter signed with SM2; docs/case-bundle.md has the
// format, so that others can write a verifier of their own.
//
// Verify believes the roots it is given and nothing else. For each thing in the
// bundle it says whether it is proven, or only asserted by whom, or fails.
package evidence
