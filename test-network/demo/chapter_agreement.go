package demo

import (
	"context"
	"fmt"
	"net/url"
)

// agreement: every organisation's index, built from its own peer, has the same
// digest.
func (s *story) agreement(ctx context.Context) error {
	digests := map[string]bool{}
	var last string
	for i := range s.Deployment.Organisations {
		name := s.Deployment.Organisations[i].Name
		var d struct {
			Digest string `json:"digest"`
		}
		if err := s.get(ctx, name, "/v1/index/digest", url.Values{"height": {fmt.Sprint(s.height + 1)}}, &d); err != nil {
			return err
		}
		digests[d.Digest], last = true, d.Digest
	}
	if len(digests) != 1 {
		return fmt.Errorf("the organisations' indexes differ at height %d: %v", s.height+1, digests)
	}
	s.tell(fmt.Sprintf("%d 家机构各自索引，高度 %d 的摘要一致", len(s.Deployment.Organisations), s.height+1),
		fmt.Sprintf("%d organisations, each from its own peer: one digest at height %d", len(s.Deployment.Organisations), s.height+1), last)
	return nil
}
