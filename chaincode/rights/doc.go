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
// What every area stands on: act.go, machine.go and commands.go (how a command
// runs), records*.go (what there is), machines.go (the states), effective.go
// (whether something counts now), encumbrance.go (what an encumbrance blocks),
// scope.go and permission.go (who may do what with which data), relying.go
// (what is still open on a record), secret.go (what stays private), profile.go
// (the numbers of the law), raise.go (alerts).
//
// The areas, each with its index of machines and commands: participant.go,
// resource.go, case*.go, right.go (registration, and registration.go for what
// comes after the first); offers.go; dealings.go; use.go; finance.go;
// supervision.go.
//
// Rule numbers in comments and refusals (RT-1, RG-3, G-5, SD-1, ...) are the
// project's own; law is cited as DRWG (数据产权登记工作指引（试行）,
// 国数综政策〔2026〕35号) with its article.
package rights
