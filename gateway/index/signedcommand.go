package index

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
)

// commandHead is what a reader wants to know of a signed command.
type commandHead struct {
	Command string
	ID      string
	Kid     string
}

// readCommandHead reads a compact JWS without judging it. The contracts judged
// the valid ones; of an invalid transaction it gives whatever can be read.
func readCommandHead(jws []byte) commandHead {
	var head struct {
		Kid string `json:"kid"`
	}
	var body struct {
		Command string `json:"command"`
		ID      string `json:"id"`
	}
	parts := bytes.Split(jws, []byte{'.'})
	if len(parts) != 3 {
		return commandHead{}
	}
	readPart(parts[0], &head)
	readPart(parts[1], &body)
	return commandHead{Command: body.Command, ID: body.ID, Kid: head.Kid}
}

// readPart leaves v as it is where the part cannot be read.
func readPart(part []byte, v any) {
	raw, err := base64.RawURLEncoding.DecodeString(string(part))
	if err == nil {
		_ = json.Unmarshal(raw, v)
	}
}
