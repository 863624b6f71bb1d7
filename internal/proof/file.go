// Package proof is the file with which anybody checks, without a network, how a
// certificate, pledge or trade stands: what a gateway puts into it and how it is
// read. Whether it proves anything is for the verifier (client/evidence) to say;
// docs/proofs.md has the format for whoever writes another.
package proof

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/datarights/datarights/internal/archive"
	"github.com/datarights/datarights/internal/fabricproof"
)

// Format and Version name the format of docs/proofs.md.
const (
	Format  = "datarights-proof"
	Version = 1
)

// MaxSize bounds a proof in bytes: a few blocks at most.
const MaxSize = 256 << 20

// The files of a proof.
const (
	ManifestFile  = "proof.json"
	StatementFile = "statement.pb"   // what peers endorsed: a serialized common.Envelope that nobody signed
	AnswerFile    = "statement.json" // what it says, for those who read no protobuf
	ReadMeFile    = "README.txt"
)

// readMe is the same in every proof.
const readMe = `数据产权凭证的离线核验文件 · A proof of how a record of the data rights ledger stands

  datarights verify THIS-FILE --trust DIR

DIR 为联盟各机构根证书的目录，须从本文件以外的可信渠道取得。
DIR is the folder with the roots of the consortium's organisations; get it from somewhere you trust, not with this file.

statement.json   多家机构节点共同背书的陈述 / what the peers of several organisations state together
statement.pb     陈述及各节点签名 / the same, with their signatures
blocks/          写入时的区块及排序节点签名 / the blocks that wrote it, with the orderers' signatures
transactions/    写入时的交易及背书 / the transactions that wrote it, with their endorsements
commands/        当事人以 SM2 签名的命令 / the commands as their signers' SM2 keys signed them
`

// Manifest says what a proof is of and whose keys orderers sign with. Nothing of
// it is believed.
type Manifest struct {
	Format    string     `json:"format"`
	Version   int64      `json:"version"`
	Kind      string     `json:"kind"`
	ID        string     `json:"id"`
	Channel   string     `json:"channel"`
	Chaincode string     `json:"chaincode"`
	Orderers  []Orderers `json:"orderers"`
}

// Orderers are those who signed the blocks here, as one configuration numbers them.
type Orderers struct {
	Config     uint64      `json:"config"` // block of the configuration
	Consenters []Consenter `json:"consenters"`
}

// Consenter is one of them.
type Consenter struct {
	No          uint32 `json:"no"`
	MSPID       string `json:"mspId"`
	Certificate string `json:"certificate"` // PEM
}

// File is a proof taken apart.
type File struct {
	Manifest
	Statement    []byte
	Blocks       map[uint64][]byte // as fabricproof.Trim leaves them
	Transactions map[string][]byte // envelopes, by transaction id
	Commands     map[string][]byte // JWS, by the id of the transaction that carried it
}

// Pack writes the one file that holds those parts.
func (f *File) Pack() ([]byte, error) {
	_, s, err := fabricproof.ReadStatement(f.Statement)
	if err != nil {
		return nil, fmt.Errorf("couldn't pack the proof: %w", err)
	}
	manifest, err := f.Encode()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{ManifestFile: manifest, StatementFile: f.Statement, AnswerFile: s.Answer, ReadMeFile: []byte(readMe)}
	for n, raw := range f.Blocks {
		files[blockFile(n)] = raw
	}
	for id, raw := range f.Transactions {
		files[transactionFile(id)] = raw
	}
	for id, raw := range f.Commands {
		files[commandFile(id)] = raw
	}
	return archive.Pack(files)
}

// Encode is the one form of a manifest.
func (m *Manifest) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("couldn't encode the manifest: %w", err)
	}
	return b.Bytes(), nil
}

func blockFile(n uint64) string        { return "blocks/" + strconv.FormatUint(n, 10) + ".block" }
func transactionFile(id string) string { return "transactions/" + id + ".pb" }
func commandFile(id string) string     { return "commands/" + id + ".jws" }

var reTxID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Open takes a file apart. It refuses any but the one that Pack makes of the parts.
func Open(raw []byte) (*File, error) {
	files, err := archive.Unpack(raw)
	if err != nil {
		return nil, err
	}
	f := &File{Statement: files[StatementFile], Blocks: map[uint64][]byte{}, Transactions: map[string][]byte{}, Commands: map[string][]byte{}}
	if err := f.readManifest(files[ManifestFile]); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		folder, rest, _ := strings.Cut(name, "/")
		switch id, suffix, _ := strings.Cut(rest, "."); {
		case folder == "blocks" && suffix == "block":
			n, err := strconv.ParseUint(id, 10, 64)
			if err != nil || blockFile(n) != name {
				return nil, fmt.Errorf("couldn't read the proof: %s is no block's name", name)
			}
			f.Blocks[n] = files[name]
		case folder == "transactions" && suffix == "pb" && reTxID.MatchString(id):
			f.Transactions[id] = files[name]
		case folder == "commands" && suffix == "jws" && reTxID.MatchString(id):
			f.Commands[id] = files[name]
		case slices.Contains([]string{ManifestFile, StatementFile, AnswerFile, ReadMeFile}, name):
		default:
			return nil, fmt.Errorf("couldn't read the proof: %s has no place in it", name)
		}
	}
	again, err := f.Pack()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, raw) {
		return nil, errors.New("couldn't read the proof: its parts do not make this file")
	}
	return f, nil
}

func (f *File) readManifest(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f.Manifest); err != nil {
		return fmt.Errorf("couldn't read %s: %w", ManifestFile, err)
	}
	if f.Format != Format || f.Version != Version {
		return fmt.Errorf("couldn't read %s: it is %q of version %d; this program knows %s of version %d", ManifestFile, f.Format, f.Version, Format, Version)
	}
	return nil
}

// Claims reports whether a file says, unchecked, that it is a proof of a record
// rather than anything else.
func Claims(raw []byte) bool {
	if files, err := archive.Unpack(raw); err == nil {
		_, there := files[StatementFile]
		return there
	}
	return bytes.Contains(raw, []byte(StatementFile)) && !bytes.Contains(raw, []byte("manifest.sig"))
}

// Config is the orderers of one configuration as blocks are checked with; nil
// when the manifest has none of it.
func (m *Manifest) Config(block uint64) *fabricproof.Config {
	i := slices.IndexFunc(m.Orderers, func(o Orderers) bool { return o.Config == block })
	if i < 0 {
		return nil
	}
	c := &fabricproof.Config{Block: block, Channel: m.Channel, Consenters: map[uint32]fabricproof.Consenter{}}
	for _, o := range m.Orderers[i].Consenters {
		c.Consenters[o.No] = fabricproof.Consenter{MSPID: o.MSPID, Certificate: []byte(o.Certificate)}
	}
	return c
}

// OrderersOf lists, in the one order there is, those of the configurations who
// signed the blocks.
func OrderersOf(blocks []*fabricproof.Block, configs map[uint64]*fabricproof.Config) ([]Orderers, error) {
	signed := map[uint64]map[uint32]bool{}
	for _, b := range blocks {
		if signed[b.LastConfig] == nil {
			signed[b.LastConfig] = map[uint32]bool{}
		}
		for _, no := range b.Consenters() {
			signed[b.LastConfig][no] = true
		}
	}
	list := []Orderers{}
	for _, n := range slices.Sorted(maps.Keys(signed)) {
		o := Orderers{Config: n, Consenters: []Consenter{}}
		for _, no := range slices.Sorted(maps.Keys(signed[n])) {
			c, ok := configs[n].Of(no)
			if !ok {
				return nil, fmt.Errorf("the configuration of block %d has no orderer %d", n, no)
			}
			block, _ := pem.Decode(c.Certificate)
			if block == nil {
				return nil, fmt.Errorf("the orderer %d in the configuration of block %d has no certificate", no, n)
			}
			o.Consenters = append(o.Consenters, Consenter{no, c.MSPID, string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))})
		}
		list = append(list, o)
	}
	return list, nil
}
