package bulk

import (
	"encoding/json"
	"fmt"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
)

// maxBody leaves room in a command, whose body travels as base64, for the rest
// of the payload, the header and the signature.
const maxBody = command.MaxSize/4*3 - 2048

// pack cuts items into batches that one command carries: at most most of them,
// within the size of a command. What all items of a batch say alike stands once.
// An item too large for a command of its own is in none.
func pack(items []*Item, bodies []map[string]any, most int) (batches [][]int, tooLarge []int, err error) {
	var now []int
	size := 0
	flush := func() {
		if len(now) > 0 {
			batches = append(batches, now)
		}
		now, size = nil, 0
	}
	common := commonOf(bodies)
	shared, err := command.Encode(common)
	if err != nil {
		return nil, nil, err
	}
	for i := range items {
		own, err := command.Encode(without(bodies[i], common))
		if err != nil {
			return nil, nil, err
		}
		n := len(own) + 1
		if n+len(shared) > maxBody-100 {
			tooLarge = append(tooLarge, i)
			continue
		}
		if len(now) == most || size+n+len(shared) > maxBody-100 {
			flush()
		}
		now, size = append(now, i), size+n
	}
	flush()
	return batches, tooLarge, nil
}

// commonOf is what all bodies say alike.
func commonOf(bodies []map[string]any) map[string]any {
	common := map[string]any{}
	if len(bodies) < 2 {
		return common
	}
	for name, v := range bodies[0] {
		first, err := command.Encode(v)
		if err != nil {
			continue
		}
		same := true
		for _, b := range bodies[1:] {
			other, there := b[name]
			text, err := command.Encode(other)
			if !there || err != nil || string(text) != string(first) {
				same = false
				break
			}
		}
		if same {
			common[name] = v
		}
	}
	return common
}

func without(body, common map[string]any) map[string]any {
	own := map[string]any{}
	for name, v := range body {
		if _, shared := common[name]; !shared {
			own[name] = v
		}
	}
	return own
}

// bodyOf writes the body of a batch, or of a single command when batch is false.
func bodyOf(bodies []map[string]any, batch bool) (json.RawMessage, error) {
	if !batch {
		return command.Encode(bodies[0])
	}
	common := commonOf(bodies)
	items := make([]map[string]any, len(bodies))
	for i, b := range bodies {
		items[i] = without(b, common)
	}
	body := map[string]any{"items": items}
	if len(common) > 0 {
		body["common"] = common
	}
	raw, err := command.Encode(body)
	if err == nil && len(raw) > maxBody {
		err = fmt.Errorf("a batch of %d rows has %d bytes", len(bodies), len(raw))
	}
	return raw, err
}

// most is how many rows one command of a name carries.
func most(spec *rights.Command) int {
	if spec.Batch {
		return rights.MaxBatch
	}
	return 1
}
