// Package rights is the domain of the ledger: its records, the state machines
// that move them, the rules that guard every move, and the codes by which a
// refusal is known.
//
// It knows no Fabric and no JSON envelope. A command reaches it as an Act (who
// acts, through which organisation, at which ledger time) and a typed body; it
// reads and writes records through the Ledger interface. Everything here is
// deterministic: no clock but Act.Now, no map order, no randomness, no network
// and no floating point.
//
// Rule numbers in comments and refusals (RT-1, RG-3, G-5, SD-1, ...) are the
// project's own; law is cited as DRWG (数据产权登记工作指引（试行）,
// 国数综政策〔2026〕35号) with its article.
package rights
