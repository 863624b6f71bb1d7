// Package api is a gateway's REST interface: signed commands in, records out.
//
// It relays commands and cannot forge them. It reads from the index through
// Reader and writes through Submitter, so that it knows neither Badger nor
// Fabric, and it knows no pages: what is outside /v1 and its few neighbours is
// handed to Options.Pages.
//
// Every route is in the table of routes.go and in openapi.yaml; a test holds
// the two to each other.
package api
