// Package bulk brings the rows of a sheet onto the ledger as commands: it reads
// CSV and XLSX as people keep them, checks every row before anything is signed,
// signs up to rights.MaxBatch rows at once, and keeps what it signed so that an
// interrupted import is resumed without losing or doubling a row.
//
// # Rows
//
// The first row of a sheet names the columns, in Chinese, in English or by the
// member of the command's body, in any order. Each further row is one item of
// the command. A row whose first cell begins with "#" is a remark and skipped,
// and so is a row without any cell. FormOf says which columns a command has;
// Template writes a workbook with them.
//
// # Checking
//
// Check finds all faults of all rows at once: what cannot be read as it was
// meant (formulas, numbers that lost digits, hidden rows, look-alike letters),
// what the command's own rules refuse (the ledger's code, run here), what is
// twice in the sheet, files that are missing, and what the ledger is known to
// hold already. A Fault names row, column, value, code and what would be right.
//
// # Once
//
// A Journal beside the sheet holds every command before it is sent. A command
// sent again is applied once and answered alike, so a run that was killed at
// any instant is taken up by sending again what has no answer yet. A row is
// known by what it says and the content of its file, not by where it stands:
// rows may be added, corrected and sorted between two runs.
package bulk
