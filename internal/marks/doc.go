// Package marks holds what marks in delivered copies are worth as evidence:
// what was read from a suspect table (Extraction), which code each delivery was
// given (Entry, kept in a Register), and whom the one accuses by the other
// (Accuse). How marks are put into tables and read from them is the business of
// client/watermark; a gateway needs this package alone, and never the key.
//
// # Who keeps what
//
// The platform that delivers keeps the key of the marks and the register, and
// neither leaves it. A register is a folder, readable by its owner alone:
//
//	<delivery id>.json   an Entry: recipient, product, code, nonce, commitment
//	biases-<key id>.json the seed of the biases of the codes under that key
//
// The seed tells nothing of the key: it is derived from it one-way.
//
// # What an accusation means
//
// That an innocent recipient's independently drawn code would agree with the
// suspect table as well as this one does, with at most the probability stated;
// the line lets one innocent of the whole register over it with probability ε at
// most, for each table judged. It does not say who passed the copy on, nor that
// it was sold: a copy can be stolen from its recipient.
//
// # What it rests on
//
// Whoever made the table, or the extraction, does not know the codes of those it
// would accuse. Votes can be crafted in any way without them and accuse nobody:
// the bound holds for every vote vector, all equal, huge or otherwise. Therefore
// the codes stay with the platform that embeds (a seller who knew a code and had
// the key could frame with both), and a gateway takes extractions only from
// those it trusts not to know codes, the regulator's officers, and does not
// return the scores of those who are not accused: with enough such answers to
// crafted questions a code can be learnt bit by bit.
package marks
