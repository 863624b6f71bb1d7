package command_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/internal/gm"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "command-format.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The example in docs/command-format.md is run as it stands, and what it makes
// is accepted.
func TestDocumentedOpenSSLExample(t *testing.T) {
	for _, tool := range []string{"openssl", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is needed: apt-get install %s", tool, tool)
		}
	}
	_, rest, found := strings.Cut(document(t), "<!-- test: openssl-example -->\n```sh\n")
	script, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the example is not where it was")
	}
	dir := t.TempDir()
	cmd := exec.Command("sh", "-eu", "-c", script)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	jws, err := os.ReadFile(filepath.Join(dir, "command.jws"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := command.Decode(jws); err == nil {
		t.Error("the ledger accepts a DER signature")
	}
	jws, err = command.NormalizeSignature(jws)
	if err != nil {
		t.Fatal(err)
	}
	c, err := command.Decode(jws)
	if err != nil {
		t.Fatal(err)
	}
	body, err := command.DecodeBody[struct {
		USCC       string   `json:"uscc"`
		Name       string   `json:"name"`
		OrgType    string   `json:"orgType"`
		Roles      []string `json:"roles"`
		RegionCode string   `json:"regionCode"`
		PublicKey  []byte   `json:"publicKey"`
	}](c.Body)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := gm.ParsePublicKey(body.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(pub); err != nil {
		t.Error(err)
	}
	pem, err := os.ReadFile(filepath.Join(dir, "firm.key"))
	if err != nil {
		t.Fatal(err)
	}
	priv, err := gm.ParsePrivateKeyPEM(pem)
	if err != nil || !priv.Public().Equal(pub) {
		t.Errorf("the registered key is another than the one that signed: %v", err)
	}
	if c.Name != "participant.apply" || c.Kid != body.USCC+"#1" || c.Exp-c.Iat != 3600 {
		t.Errorf("made %+v", c)
	}
}

// The limits the document states are those of the code.
func TestDocumentedLimits(t *testing.T) {
	text := document(t)
	for _, want := range []string{
		"**786,432**", "**86,400**", "**32** levels", "`" + command.Algorithm + "`", "`" + command.Type + "`", "`" + gm.SignerID + "`",
		"at most " + strconv.Itoa(command.MaxName) + " bytes", "1 to " + strconv.Itoa(command.MaxParticipantID) + " letters",
		"1 to " + strconv.Itoa(command.MaxKeyNo), "always " + strconv.Itoa(gm.SPKISize) + " bytes",
		"`" + command.CodeFormat + "`", "`" + command.CodeTooLarge + "`", "`" + command.CodeSignature + "`",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document does not say %s", want)
		}
	}
	if command.MaxSize != 786432 || command.MaxLifetime != 86400 || command.MaxDepth != 32 {
		t.Error("a limit changed; the document states the old one")
	}
	spki := gm.MarshalPublicKey(vectorPrivateKey(t, "one").Public())
	if len(spki) != gm.SPKISize || base64.StdEncoding.EncodedLen(len(spki)) != 124 {
		t.Errorf("a public key has %d bytes", len(spki))
	}
}
