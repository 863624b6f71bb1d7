package marks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/datarights/datarights/internal/tardos"
)

const (
	// Version is that of the documents here.
	Version = 1
	// MaxExtraction bounds an extraction's JSON, in bytes.
	MaxExtraction = 64 << 10
	// maxVote bounds one position's votes: no table read has as many marks.
	maxVote = 1 << 24
)

// Extraction is what the marks in a suspect table say. It has nothing of the
// table's content, nor anything from which codes could be told without the
// register.
type Extraction struct {
	Version int    `json:"version"`
	KeyID   string `json:"keyId"`
	// Votes are by position: marks that say one minus marks that say zero.
	Votes []int `json:"votes"`
	Marks int   `json:"marks"` // distinct ones that voted
	Rows  int64 `json:"rows"`  // of the table
	// Hypotheses is how many readings (columns' roles, units) were tried before
	// this one was chosen. The choice looks at the table and the key alone, so
	// that it favours no code: it costs an accusation nothing.
	Hypotheses int `json:"hypotheses"`
	// Agreement is by how many standard deviations the votes of single
	// positions agree more than those of a table without marks do.
	Agreement float64 `json:"agreement"`
}

// ParseExtraction reads an extraction that a stranger may have sent: at most
// MaxExtraction bytes, one object, known fields alone, every value in range.
func ParseExtraction(r io.Reader) (*Extraction, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxExtraction+1))
	if err != nil {
		return nil, fmt.Errorf("couldn't read the extraction: %w", err)
	}
	if len(data) > MaxExtraction {
		return nil, fmt.Errorf("couldn't read the extraction: it is over %d bytes", MaxExtraction)
	}
	var x Extraction
	if err := decodeStrictly(data, &x); err != nil {
		return nil, fmt.Errorf("couldn't read the extraction: %w", err)
	}
	if err := x.check(); err != nil {
		return nil, fmt.Errorf("couldn't read the extraction: %w", err)
	}
	return &x, nil
}

func (x *Extraction) check() error {
	if x.Version != Version {
		return fmt.Errorf("it is of version %d, this program knows %d", x.Version, Version)
	}
	if err := checkKeyID(x.KeyID); err != nil {
		return err
	}
	if len(x.Votes) != tardos.Length {
		return fmt.Errorf("it has votes on %d positions, a code has %d", len(x.Votes), tardos.Length)
	}
	sum := 0
	for p, y := range x.Votes {
		if y < -maxVote || y > maxVote {
			return fmt.Errorf("position %d has %d votes, more than any table gives", p, y)
		}
		sum += max(y, -y)
	}
	if x.Marks < sum {
		return fmt.Errorf("there are %d votes of %d marks", sum, x.Marks)
	}
	if x.Rows < 0 || x.Hypotheses < 0 || math.IsNaN(x.Agreement) || math.IsInf(x.Agreement, 0) {
		return errors.New("a count is negative or no number")
	}
	return nil
}

// decodeStrictly reads one JSON value with known fields alone.
func decodeStrictly(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data follows the object")
	}
	return nil
}

// Save writes an extraction to a new file; what stands there is not overwritten.
func (x *Extraction) Save(path string) error {
	if err := x.check(); err != nil {
		return fmt.Errorf("couldn't save the extraction: %w", err)
	}
	return writeNew(path, x)
}

// LoadExtraction reads what Save wrote.
func LoadExtraction(path string) (*Extraction, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the extraction: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	return ParseExtraction(f)
}
