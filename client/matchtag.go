package client

import (
	"context"
	"fmt"
)

// MaxMatchTags is how many digests one request may carry.
const MaxMatchTags = 1000

// MatchTagRequest asks the platform to key an order-free digest.
type MatchTagRequest struct {
	HolderID    string `json:"holderId"`
	Digest      string `json:"digest"`
	ContentRoot string `json:"contentRoot"`
	// Sketch is the same content's, as the fingerprint gives it. The platform
	// keys and keeps it; it goes no further.
	Sketch []byte `json:"sketch,omitempty"`
}

// maxTagSketches bounds the sketches of one request, in bytes: as base64 they
// stay well below what a gateway takes.
const maxTagSketches = 1 << 20

// MatchTag is a keyed digest with the platform's signature that it keyed it,
// for this holder and this content.
type MatchTag struct {
	MatchTag       string `json:"matchTag"`
	TagEpoch       int64  `json:"tagEpoch"`
	TagAttestation struct {
		Kid        string `json:"kid"`
		Signature  string `json:"signature"`
		SketchHash string `json:"sketchHash,omitempty"`
	} `json:"tagAttestation"`
}

// MatchTags has digests keyed, one tag for each in the order asked, in as many
// requests as it takes. It needs a session at a gateway that holds the
// platform's key; others refuse with E_NOT_FOUND.
func (c *Client) MatchTags(ctx context.Context, asked []MatchTagRequest) ([]MatchTag, error) {
	tags := make([]MatchTag, 0, len(asked))
	for len(tags) < len(asked) {
		some := oneRequest(asked[len(tags):])
		var answer struct {
			Items []MatchTag `json:"items"`
		}
		if err := c.post(ctx, "/v1/match-tags", map[string]any{"items": some}, &answer); err != nil {
			return nil, fmt.Errorf("couldn't have the digests keyed: %w", err)
		}
		if len(answer.Items) != len(some) {
			return nil, fmt.Errorf("couldn't have the digests keyed: %d tags for %d digests", len(answer.Items), len(some))
		}
		for i, t := range answer.Items {
			if t.MatchTag == "" || t.TagEpoch < 1 || t.TagAttestation.Signature == "" {
				return nil, fmt.Errorf("couldn't have the digests keyed: tag %d is incomplete", len(tags)+i)
			}
		}
		tags = append(tags, answer.Items...)
	}
	return tags, nil
}

// oneRequest is the beginning of what is asked that one request may carry.
func oneRequest(asked []MatchTagRequest) []MatchTagRequest {
	size := 0
	for i, r := range asked {
		if size += len(r.Sketch); i == MaxMatchTags || i > 0 && size > maxTagSketches {
			return asked[:i]
		}
	}
	return asked
}
