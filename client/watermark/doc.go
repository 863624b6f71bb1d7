// Package watermark puts a code of its own into each recipient's copy of a
// table, and reads the marks of a suspect table again: with the key, without the
// original. Whom they accuse is for internal/marks to say.
//
// # Carriers
//
// A number of the columns that the holder's plan names carries one bit in the
// parity of the cell it lies in, cells being twice the tolerance wide (least
// significant digits: Agrawal and Kiernan, VLDB 2002; Sion, Atallah, Prabhakar,
// SIGMOD 2003 and TKDE 2004; the parity of a quantiser: Chen and Wornell, IEEE
// Trans. Inf. Theory 47, 2001). It moves by the tolerance at most. A text of the
// plan's synonyms carries one in which of its group it is.
//
// # Anchors
//
// Which position of the code a carrier shows, and under which mask, is a keyed
// hash of two things that marking does not change: what another cell of the row
// says, and the block of values (or group of synonyms) that the carrier is in.
// Of all other cells of the row, the one with the smallest hash decides: a
// virtual primary key (Li, Swarup, Jajodia, DRM 2003). Columns' names and order
// play no part, and of dropped columns and rows only their own share is lost.
//
// Rows that have the same anchor carry the same bit and have one vote together,
// by majority. The sum of a position's votes is its part of the code. Without
// marks under the key the votes are fair coins, by the masks, whatever
// regularities the table has.
//
// # Reading
//
// Of a suspect table it is not known which columns are which, nor in which units
// they are. Readings are tried on a sample, and the one taken in which the votes
// of single positions agree best among themselves. That looks at the table and
// the key and at no code; the bound on a false accusation, which holds for votes
// chosen in any way that does not depend on an innocent's code, is not weakened
// by how many readings were tried.
//
// # Limits
//
//   - Changes beyond the tolerance erase marks: who rounds temperatures to whole
//     degrees where the plan allows a tenth has a worse table and no mark.
//   - Without a column of many values that stays (a key, a time), anchors are as
//     many as there are pairs of blocks: few where the tolerance is not small
//     against the range. A table of one column carries nothing.
//   - A table of fifty rows names nobody. Embed says beforehand what a table's
//     marks will be worth when rows are dropped.
//   - Units are found among the list of conversions, by several hundred rows.
//   - Synonyms all replaced by one of each group are erased without a loss.
//   - Against four and more colluders the code is not made to hold: they may go
//     unnamed, but nobody else is named.
package watermark
