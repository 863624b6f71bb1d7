package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/datarights/datarights/client"
)

// Sketches fetches the keyed sketches that a case's records are bound to by
// hash: of the version traded, and of the copy as it was delivered. Records come
// from one gateway, sketches from one that keeps them; both in a session of one
// of the offices. A sketch that is not kept there is left out.
func Sketches(ctx context.Context, records, keeper *client.Client, alertID string) ([]Attachment, error) {
	var found struct {
		Elements []struct {
			Records []struct {
				Kind string `json:"kind"`
				ID   string `json:"id"`
			} `json:"records"`
		} `json:"elements"`
	}
	if _, err := records.Get(ctx, "/v1/alerts/"+url.PathEscape(alertID)+"/case", nil, &found); err != nil {
		return nil, err
	}
	var list []Attachment
	seen := map[string]bool{}
	for _, e := range found.Elements {
		for _, r := range e.Records {
			collection := map[string]string{"DP": "products", "DL": "deliveries"}[r.Kind]
			if collection == "" || seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			raw, err := records.GetBytes(ctx, "/v1/"+collection+"/"+url.PathEscape(r.ID), nil)
			if err != nil {
				return nil, err
			}
			for _, hash := range sketchHashes(raw) {
				if seen[hash] {
					continue
				}
				seen[hash] = true
				k, err := keeper.GetBytes(ctx, "/v1/sketches/"+url.PathEscape(hash), nil)
				if p := (*client.Problem)(nil); errors.As(err, &p) && p.Status == http.StatusNotFound {
					continue
				}
				if err != nil {
					return nil, fmt.Errorf("couldn't fetch the sketch of %s: %w", r.ID, err)
				}
				list = append(list, Attachment{Name: r.ID + ".sketch", Content: k, Role: RoleSketch})
			}
		}
	}
	return list, nil
}

// sketchHashes are the values of every sketchHash in a record, in order.
func sketchHashes(raw []byte) (hashes []string) {
	var record any
	if json.Unmarshal(raw, &record) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if h, ok := v["sketchHash"].(string); ok {
				hashes = append(hashes, h)
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(v[name])
			}
		}
	}
	walk(record)
	return hashes
}
