package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
)

// print is what leaves the holder's machine of a table: digests, and in the
// end the platform's tag.
type print struct {
	fingerprint.Result
	from, to string // days the table covers
	tag      client.MatchTag
}

// into fills a catalogue entry.
func (p *print) into(c *rights.Catalogue) {
	c.RecordCount, c.SizeBytes, c.ContentRoot, c.SchemaHash = p.RecordCount, p.SizeBytes, p.ContentRoot, p.SchemaHash
	c.MatchTag, c.TagEpoch = p.tag.MatchTag, p.tag.TagEpoch
	c.TagAttestation = &rights.TagAttestation{Kid: p.tag.TagAttestation.Kid, Signature: p.tag.TagAttestation.Signature, SketchHash: p.tag.TagAttestation.SketchHash}
}

// salted returns the fingerprint options of a holder whose master salt is kept
// in the memory of the story, so that a later play computes the same root.
func (s *story) salted(name string) (fingerprint.Options, func(fingerprint.Salts) error, error) {
	path := filepath.Join(s.memory, name+".salts.json")
	kept, err := fingerprint.LoadSalts(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fingerprint.Options{}, func(salts fingerprint.Salts) error { return salts.Save(path) }, nil
	}
	if err != nil {
		return fingerprint.Options{}, nil, err
	}
	return fingerprint.Options{MasterSalt: kept.MasterSalt}, func(fingerprint.Salts) error { return nil }, nil
}

// fingerprint computes a file's digests here.
func (s *story) fingerprint(name, path string) (*print, error) {
	o, keep, err := s.salted(name)
	if err != nil {
		return nil, err
	}
	result, salts, err := fingerprint.OfFile(context.Background(), path, o)
	if err != nil {
		return nil, err
	}
	return &print{Result: result}, keep(salts)
}

// series cuts the weather table into consecutive runs of hours and
// fingerprints each.
func (s *story) series(path string) ([]*print, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	header, rows := rows[0], rows[1:]
	o, keep, err := s.salted("weather-series")
	if err != nil {
		return nil, err
	}
	prints := make([]*print, seriesCount)
	for i := range prints {
		some := rows[i*len(rows)/seriesCount : (i+1)*len(rows)/seriesCount]
		var table bytes.Buffer
		w := csv.NewWriter(&table)
		if err := w.WriteAll(append([][]string{header}, some...)); err != nil {
			return nil, err
		}
		o.Format = fingerprint.CSV
		size := int64(table.Len())
		result, salts, err := fingerprint.OfReader(context.Background(), &table, o)
		if err != nil {
			return nil, err
		}
		if o.MasterSalt == nil { // one secret for the whole series
			if err := keep(salts); err != nil {
				return nil, err
			}
			o.MasterSalt = salts.MasterSalt
		}
		result.SizeBytes = size
		prints[i] = &print{Result: result, from: some[0][0][:10], to: some[len(some)-1][0][:10]}
	}
	return prints, nil
}

// tag has the platform key the order-free digests. The digests go to a gateway
// of the platform only, never on the ledger.
func (s *story) tag(ctx context.Context, who actor, prints []*print) error {
	asked := make([]client.MatchTagRequest, len(prints))
	for i, p := range prints {
		asked[i] = client.MatchTagRequest{HolderID: who.uscc, Digest: p.OrderFreeDigest, ContentRoot: p.ContentRoot, Sketch: p.Sketch}
	}
	gateway, err := s.as(ctx, who, platform.gateway)
	if err != nil {
		return err
	}
	tags, err := gateway.MatchTags(ctx, asked)
	if err != nil {
		return fmt.Errorf("couldn't have the digests tagged: %w", err)
	}
	for i := range prints {
		prints[i].tag = tags[i]
	}
	return nil
}
