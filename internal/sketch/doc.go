// Package sketch is a small summary of a table, or of a chunked file, from
// which the share of one that lies inside another is estimated. Clients build
// sketches, a gateway keys and compares them.
//
// # Method
//
// A table is seen as a set of features, each with a 64-bit hash. A sketch keeps
// those whose hash begins with at least L zero bits, L being the smallest level
// at which no more than a fixed number remain (Classes). Since the hash alone
// decides, two sketches brought to the higher of their levels are samples of
// the two sets by one rule, and the share of a's elements found among b's
// estimates the containment |A∩B|/|A| (Broder, "On the resemblance and
// containment of documents", 1997). Sampling by a threshold on the hash is
// FracMinHash (Irber et al., "Lightweight compositional analysis of metagenomes
// with FracMinHash and minimum metagenome covers", 2022); raising the threshold
// as the set grows is the adaptive sampling of Wegman (Flajolet, 1990) and of
// Bar-Yossef et al., "Counting distinct elements in a data stream", 2002. It
// needs constant memory, does not depend on order, and sketches of parts merge
// into the sketch of the whole.
//
// # Tokens
//
// The token of a cell is XXH3 (64 bits, seeded with the cell's kind, 'n', 't'
// or 'j') of its canonical text, that of a number of its coefficient alone, so
// that a change of unit by a power of ten changes nothing. Its rounded token is
// that of the number rounded, half away from zero, to one decimal fewer than
// its canonical form has; a whole number of four digits or more is rounded to
// tens, unless it is from 1900 to 2099 and so perhaps a year; a shorter one stays.
// Decimals are those of the canonical form, since not all formats keep trailing
// zeros: 4.20 counts as 4.2. Empty cells have no token.
//
// # Features
//
// Exact: each unordered pair of cells of a row, (a, b) being the tokens:
//
//	h = hi ⊕ lo of (a⊕K)(b⊕K), a product of 128 bits
//	e = hi ⊕ lo of (a⊕K')(b⊕K')
//
// K and K' are 0x9e3779b97f4a7c15 and 0xc2b2ae3d27d4eb4f. Column names and the
// order of rows and columns do not enter. A pair found often is one feature, so
// that combinations of everyday values weigh little beside those of a key with
// its values.
//
// Rounded: the same over pairs with one of the tokens rounded, or both, where
// rounding makes it another. Marked, and standing only for what is written so, are
// those of which one token was left though rounding would change it, and those
// with a number of one or two digits, of which rounding leaves one at most: what
// goes with that is like everything. Exact and Rounded are of one
// domain, so that a table of which some columns were rounded has its exact
// features among the other's two classes.
//
// Values: single cells that tell something alone, numbers of four significant
// digits and texts of eight characters that are no date or time; h and e with
// b = 0x165667b19e3779f9.
//
// Chunks: of a file, the chunks' digests, h the first 8 bytes and e the next 8.
//
// # Anchors
//
// A row of c cells has c(c-1)/2 pairs, too many in wide tables. There a pair
// counts only if one of its tokens is ≡ 0 mod m: m is 1 in tables of up to 8
// columns that are not empty, 4 up to 16, 16 up to 64, and 64 above. Whether a
// pair counts depends on the pair alone, and each element says up to which m it
// does; two sketches are compared at the larger m. So half the columns of a
// wide table remain comparable with all of them.
//
// # Encoding
//
// Integers are big-endian.
//
//	"DRSK" ‖ version (1) ‖ flags (1) ‖ anchor class (1) ‖ 0 ‖ records (8)
//	‖ for each class: level (1), count (2)
//	‖ for each class: its elements (8 each), descending
//
// Flags: 1 keyed, 2 of a file. Anchor class 0 to 3 is m = 1, 4, 16, 64. An
// element is, from the top, 6 bits with the number of zero bits h begins with
// (63 at most), 2 bits with the anchor class up to which it counts, and the low
// 56 bits of e.
//
// # Keys
//
// Keyed, an element's low 56 bits are replaced by the first 56 of
// HMAC-SM3(secret, "datarights-sketch-v1" ‖ element). A gateway stores keyed
// sketches only: without the key no guess of a cell can be tested against one.
// Keyed and unkeyed sketches cannot be compared.
//
// # Crafted sketches
//
// A sketch is what its maker says; whoever doubts it builds it again from the
// file. Parse refuses one that no file has but with a chance below 10⁻⁹: too
// few elements for its level, leading zeros that are not distributed like those
// of hashes, more features than its records have pairs. So nobody chooses the
// most selective elements of many tables into one sketch that matches them all.
// XXH3 is not collision resistant, and need not be: who can craft colliding
// cells can as well write the elements.
package sketch
