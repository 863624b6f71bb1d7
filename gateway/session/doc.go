// Package session lets a participant prove to one gateway that it holds an SM2
// key of the ledger, and be recognised by a token for a while.
//
// A challenge is made by the gateway, names it, and is signed by the key; the
// token that comes back stands for that key. Roles are never kept with the
// token: each use asks the ledger again, so that a retired key or a suspended
// participant is out at once.
package session
