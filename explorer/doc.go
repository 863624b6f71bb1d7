// Package explorer is the ledger for people: server-rendered pages, Chinese
// first with complete English, that need no script and load nothing from
// elsewhere.
//
// It reads through Reader and Network and writes nothing. What it shows was
// put on the ledger by strangers, so every value reaches a page through
// html/template's escaping, and a record that does not decode is shown as such.
package explorer
