// Package export puts what the ledger keeps into the vocabularies that others
// read: the catalogue as DCAT 3, lineage as PROV-JSON and OpenLineage, terms as
// ODRL 2.2. It is pure: records in, documents out. Who may see what is decided
// before: a record comes here as its reader sees it, and what is missing in it is
// missing in the document. docs/exports.md has the mappings as tables, with what
// is lost in each.
package export
