package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/datarights/datarights/client"
)

// tagger answers each digest with "t" and the digest, short by so many.
func tagger(t *testing.T, short int, sizes *[]int) *client.Client {
	return gateway(t, func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Items []client.MatchTagRequest }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.URL.Path != "/v1/match-tags" {
			t.Errorf("%s: %v", r.URL, err)
		}
		*sizes = append(*sizes, len(asked.Items))
		items := []map[string]any{}
		for _, i := range asked.Items[:len(asked.Items)-short] {
			items = append(items, map[string]any{"matchTag": "t" + i.Digest, "tagEpoch": 1, "tagAttestation": map[string]string{"kid": "k", "signature": "s"}})
		}
		text, _ := json.Marshal(map[string]any{"items": items})
		answer(w, 200, "application/json", string(text))
	})
}

func TestMatchTagsComeInTheOrderAskedAThousandAtATime(t *testing.T) {
	var sizes []int
	asked := make([]client.MatchTagRequest, 2500)
	for i := range asked {
		asked[i].Digest = fmt.Sprint(i)
	}
	tags, err := tagger(t, 0, &sizes).MatchTags(context.Background(), asked)
	if err != nil || len(tags) != len(asked) || fmt.Sprint(sizes) != "[1000 1000 500]" {
		t.Fatalf("%d tags in requests of %v: %v", len(tags), sizes, err)
	}
	for i, tag := range tags {
		if tag.MatchTag != "t"+asked[i].Digest || tag.TagAttestation.Signature != "s" {
			t.Fatalf("tag %d is %+v", i, tag)
		}
	}
	if tags, err := tagger(t, 0, &sizes).MatchTags(context.Background(), nil); err != nil || len(tags) != 0 || len(sizes) != 3 {
		t.Errorf("nothing asked: %v %v", tags, err)
	}
}

func TestAMissingMatchTagIsAnError(t *testing.T) {
	var sizes []int
	if _, err := tagger(t, 1, &sizes).MatchTags(context.Background(), make([]client.MatchTagRequest, 3)); err == nil {
		t.Error("two tags for three digests were taken")
	}
}
