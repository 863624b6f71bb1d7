package client

import (
	"context"
	"net/url"
	"strings"
)

// Proof fetches the file that proves how a record stands, for package evidence to
// check without a network: of a certificate for everyone, of a pledge or trade in a
// session of who sees it whole. collection is certificates, pledges or trades;
// organisations are MSP ids, none leaves the choice to the ledger's policy.
func (c *Client) Proof(ctx context.Context, collection, id string, organisations []string) ([]byte, error) {
	q := url.Values{}
	if len(organisations) > 0 {
		q.Set("organisations", strings.Join(organisations, ","))
	}
	return c.GetBytes(ctx, "/v1/"+collection+"/"+url.PathEscape(id)+"/proof", q)
}
