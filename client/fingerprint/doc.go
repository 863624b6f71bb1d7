// Package fingerprint computes, on the machine of whoever holds it, what the
// ledger may know of a file. The file is read once, as a stream, and leaves
// the machine in no form.
//
// # Two digests
//
// ContentRoot binds one version of one file: the RFC 6962 tree hash, over SM3,
// of its records in file order, each behind a secret salt. Without the salts
// nobody can guess a record from it; with them its holder can prove that a
// record belongs to it. Two holders of the same data have different roots.
//
// OrderFreeDigest tells whether two tables are the same data: it does not
// change with the file format, the header, the order of rows or the order of
// columns. It has no salt, so who knows it can test guesses of small tables
// against it. It goes to a gateway, which keys it; it never goes on the ledger.
//
// Tables are read, and their cells made canonical, by package table; anything
// else is a file of content-defined chunks. The digest of a cell that is not
// empty is SM3(0x10 ‖ kind ‖ text), kind being 'n' number, 't' text, 'j' nested
// JSON.
//
// # Order-free digest
//
// Integers are 8 bytes, big-endian; cat means that the sorted 32-byte digests
// follow each other. A digest that occurs twice is there twice.
//
//	column = SM3(0x11 ‖ number of cells ‖ cat(digests of the column's cells that are not empty))
//	table  = SM3(0x12 ‖ number of columns ‖ cat(columns that have such a cell))
//	file   = SM3(0x13 ‖ number of chunks ‖ cat(SM3(0x14 ‖ chunk)))
//
// Empty cells do not count, since formats differ in how they leave them out.
// The rows themselves are not digested: exchanging two values within a column
// changes ContentRoot alone.
//
// # Content root
//
//	salt(i) = the first 16 bytes of HMAC-SM3(master salt, i), i from 0, 8 bytes
//	leaf(i) = salt(i) ‖ record(i)
//
// The record of a table's row is, for each cell that is not empty, in the order
// of column names and then of columns: the column's name, the kind as above,
// and the text; name and text each behind their length in 4 bytes. A column
// without a name is called by its number, from 1. The record of a file's chunk
// is the chunk.
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
