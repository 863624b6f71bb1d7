// Package gm is the ledger's Chinese national cryptography: SM2 signatures
// (GB/T 32918.2 on the curve of GB/T 32918.5), the SM3 hash (GB/T 32905) and
// the encodings that carry their keys and signatures.
//
// It is the only package of this module that imports a gm library, so that
// the library can be replaced, and its faults kept out, in one place. What it
// accepts is narrow on purpose: one curve, one signer ID, one encoding of each
// thing, nothing trailing. Every function may be called concurrently, and none
// panics on what a stranger sent.
package gm
