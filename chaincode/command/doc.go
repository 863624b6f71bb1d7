// Package command is the signed command: the one form in which anything is
// written to the ledger. It decodes a command, verifies its signature, and
// makes one.
//
// A command is a compact JWS (RFC 7515) signed with SM2 over SM3. The bytes a
// participant signed travel unchanged to every endorsing peer and stay in the
// block, so they must read the same everywhere: what two parsers could
// understand differently (duplicate or differently cased keys, unknown fields,
// lax base64, invalid UTF-8, trailing data) is refused.
//
// What needs the ledger or a clock is the caller's: whether the key exists and
// may sign, whether the command is in its time, whether it was seen before.
//
// docs/command-format.md describes the format for other implementations and
// testdata/vectors.json has examples to test them with.
package command
