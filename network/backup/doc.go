// Package backup writes what an organisation must keep into one encrypted file
// and puts it back. A file is whole or it is refused: it is encrypted and
// authenticated with age, and its manifest has the hashes of every file in it.
// Nothing appears under the name asked for before all of it is on disk.
package backup
