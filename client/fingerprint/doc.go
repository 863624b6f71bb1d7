// Package fingerprint computes, on the machine of whoever holds it, what the
// ledger may know of a file. The file is read once, as a stream, and leaves
// the machine in no form.
//
// # Three results
//
// ContentRoot binds one version of one file: the RFC 6962 tree hash, over SM3,
// of its records in file order, a KiB of them behind a secret salt in each
// leaf. Without the salts nobody can guess a record from it; with them its
// holder can prove that a record belongs to it. Two holders of the same data
// have different roots.
//
// OrderFreeDigest tells whether two tables are the same data: it does not
// change with the file format, the header, the order of rows or the order of
// columns. It has no salt, so who knows it can test guesses of small tables
// against it. It goes to a gateway, which keys it; it never goes on the ledger.
//
// Sketch, of package sketch, tells what share of one table is inside another.
// It has no salt either and goes the same way.
//
// Tables are read, and their cells made canonical, by package table; anything
// else is a file of content-defined chunks. Results depend neither on the
// number of processors nor on the memory given.
//
// # Encodings
//
// Integers named so are 8 bytes, big-endian; numbers named short are unsigned
// LEB128 ("varint"): seven bits a byte, least significant first.
//
//	cell   = short(4 × length of text + code) ‖ text; code 1 number, 2 text, 3 nested JSON
//	record = short(length) ‖ content
//
// The empty cell is a zero byte. The content of a table's row is its cells in
// the order of columns, without the empty ones at its end; that of a file's
// chunk is the chunk. Columns are in file order, of JSON objects in that of
// their first appearance.
//
// # Content root
//
//	salt(i) = the first 16 bytes of HMAC-SM3(master salt, i), i from 0
//	leaf(i) = salt(i) ‖ number of its first record, from 0 ‖ its records
//	root    = SM3(0x17 ‖ number of records ‖ number of leaves ‖ names ‖ tree)
//
// A leaf holds consecutive records and ends with the one that brings them to
// LeafSize bytes or beyond. Names are the number of columns, 0 of a file, and
// then each name behind its length in 4 bytes; a column without a name is
// called by its number, from 1. The tree is that of RFC 6962 over SM3.
//
// A proof opens a leaf: the record, and up to about a KiB of its neighbours.
//
// # Order-free digest
//
// A column's values that are not empty, as encoded cells, are counted and
// sorted by their XXH3 (64 bits, no seed), values of equal hash by their bytes.
// By the top 4 bits of the hash they fall into 16 parts:
//
//	part   = SM3(0x18 ‖ for each value: cell ‖ short(count))
//	column = SM3(0x11 ‖ number of cells that are not empty ‖ the 16 parts)
//	table  = SM3(0x12 ‖ number of columns that have such a cell ‖ those columns, sorted)
//	file   = SM3(0x13 ‖ number of chunks ‖ 16 parts over the chunks)
//
// A chunk's value is SM3(0x14 ‖ chunk), encoded as a text cell. That XXH3 can
// be made to collide changes nothing but the order of what SM3 binds.
//
// Empty cells do not count, since formats differ in how they leave them out.
// The rows themselves are not digested: exchanging two values within a column
// changes ContentRoot and Sketch alone.
//
// # Schema hash
//
//	table = SM3(0x15 ‖ number of columns ‖ the sorted names, each behind its length in 4 bytes)
//	file  = SM3(0x16)
//
// # Chunks
//
// FastCDC with chunks of 16 KiB at least, 64 KiB on average and 256 KiB at
// most. From 16 KiB into a chunk on, h = 2h + gear[byte] mod 2^64, beginning
// at 0; the chunk ends after the byte at which the top 18 bits of h (up to 64
// KiB) or the top 14 bits (from there on) are zero. gear[b] is the first 8
// bytes, big-endian, of SM3("datarights/gear/1" ‖ b).
package fingerprint
