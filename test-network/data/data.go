// Package data holds the sample tables; README.md names their sources.
package data

import "embed"

// Files are the tables, by file name.
//
//go:embed *.csv
var Files embed.FS
