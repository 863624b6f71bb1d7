package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/client/table"
	"github.com/datarights/datarights/client/watermark"
	"github.com/datarights/datarights/gateway/trace"
	"github.com/datarights/datarights/internal/marks"
	"github.com/datarights/datarights/internal/sketch"
	"github.com/datarights/datarights/internal/tardos"
)

// registered is how many recipients each product's register has.
const recipients = 100

// colluders is how many copies are really made.
const colluders = 3

// world is what the platform has: sketches of everything registered, and the
// register of marks.
type world struct {
	dir      string
	secret   []byte
	store    *trace.Store
	matcher  *trace.Matcher
	register *marks.Register
	progress func(string)
}

// market is a source with what was made of it.
type market struct {
	*source
	id     string
	key    *watermark.Key
	copies []string // files of the first recipients
	able   bool     // its marks can name a buyer after 20 % of the rows are kept, as embedding says beforehand
}

func newWorld(dir string, progress func(string)) (*world, error) {
	w := &world{dir: dir, secret: make([]byte, 32), progress: progress}
	if _, err := rand.Read(w.secret); err != nil {
		return nil, err
	}
	var err error
	if w.store, err = trace.OpenStore(filepath.Join(dir, "sketches")); err != nil {
		return nil, err
	}
	w.matcher = trace.NewMatcher(w.store)
	w.register, err = marks.CreateRegister(filepath.Join(dir, "marks"))
	return w, err
}

// enter registers a sketch as a product's, or as that of a delivered copy of it.
func (w *world) enter(r trace.Registered, s *sketch.Sketch) error {
	k := s.Key(w.secret)
	hash, err := w.store.Put(k)
	if err != nil {
		return err
	}
	r.Version, r.SketchHash = 1, hash
	return w.matcher.Add(r, k)
}

func sketchOf(ctx context.Context, path string) (*sketch.Sketch, error) {
	res, _, err := fingerprint.OfFile(ctx, path, fingerprint.Options{})
	if err != nil {
		return nil, err
	}
	return sketch.Parse(res.Sketch)
}

// publish registers a source and makes its buyers' copies.
func (w *world) publish(ctx context.Context, s *source) (*market, error) {
	m := &market{source: s, id: "DP-" + s.name}
	original := filepath.Join(w.dir, s.name+".csv")
	if err := s.grid.writeCSV(original); err != nil {
		return nil, err
	}
	k, err := sketchOf(ctx, original)
	if err != nil {
		return nil, err
	}
	if err := w.enter(trace.Registered{Kind: rights.KindProduct, ID: m.id}, k); err != nil {
		return nil, err
	}
	if m.key, err = watermark.GenerateKey("DP-"+s.name, s.plan); err != nil {
		return nil, err
	}
	capacity, err := watermark.Survey(ctx, original, m.key, watermark.Options{})
	if err != nil {
		return nil, err
	}
	m.able = capacity.Names()
	for i := range colluders {
		w.progress(fmt.Sprintf("%s: copy of buyer %d", s.name, i+1))
		out := filepath.Join(w.dir, fmt.Sprintf("%s.buyer%d.csv", s.name, i+1))
		_, _, err := watermark.Embed(ctx, original, out, m.key, watermark.Delivery{ID: delivery(s.name, i), RecipientID: recipient(i), ProductVersion: 1}, w.register, watermark.Options{Force: true})
		if err != nil {
			return nil, err
		}
		sent, err := sketchOf(ctx, out) // the platform sketches what it sends
		if err != nil {
			return nil, err
		}
		if err := w.enter(trace.Registered{Kind: rights.KindDelivery, ID: delivery(s.name, i), ProductID: m.id, RecipientID: recipient(i)}, sent); err != nil {
			return nil, err
		}
		m.copies = append(m.copies, out)
	}
	biases := tardos.NewBiases(m.key.Seed())
	for i := colluders; i < recipients; i++ {
		e, err := marks.NewEntry(rand.Reader, m.key.ID, biases, delivery(s.name, i), recipient(i), "DP-"+s.name, 1)
		if err != nil {
			return nil, err
		}
		if err := w.register.Put(e); err != nil {
			return nil, err
		}
	}
	return m, nil
}

var regions = map[string]int{"weather": 1, "electricity": 2, "meters": 3}

func delivery(source string, i int) string {
	return fmt.Sprintf("DL-320900-20261129-%012x-%02d", regions[source]<<16|i, 0)
}

// recipient is a unified social credit code, check character and all.
func recipient(i int) string {
	base := fmt.Sprintf("91320900MA%07d", i)
	check, ok := rights.USCCCheck(base)
	if !ok {
		panic(base)
	}
	return base + string(check)
}

// write writes a suspect table in a format and returns its path.
func (g grid) write(dir, format string) (string, error) {
	path := filepath.Join(dir, "suspect."+format)
	switch format {
	case "csv":
		return path, g.writeCSV(path)
	case "json":
		return path, g.writeJSON(path)
	case "parquet":
		return path, g.writeParquet(path)
	}
	return "", errors.New("no format " + format)
}

// typed is a cell as JSON and Parquet have it.
func typed(s string) any {
	if json.Valid([]byte(s)) && s[0] != '"' && s[0] != '{' && s[0] != '[' {
		return json.Number(s)
	}
	return s
}

func (g grid) writeJSON(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	sep := "["
	for _, row := range g.rows {
		object := make(map[string]any, len(row))
		for i, name := range g.header {
			object[name] = typed(row[i])
		}
		if _, err := f.WriteString(sep); err != nil {
			return errors.Join(err, f.Close())
		}
		sep = ","
		if err := e.Encode(object); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	_, err = f.WriteString("]")
	return errors.Join(err, f.Close())
}

// writeParquet writes numbers as doubles, everything else as strings.
func (g grid) writeParquet(path string) error {
	columns, numeric := parquet.Group{}, map[string]bool{}
	for i, name := range g.header {
		_, numeric[name] = typed(g.rows[0][i]).(json.Number)
		if numeric[name] {
			columns[name] = parquet.Leaf(parquet.DoubleType)
		} else {
			columns[name] = parquet.String()
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := parquet.NewGenericWriter[map[string]any](f, parquet.NewSchema("table", columns))
	for _, row := range g.rows {
		record := map[string]any{}
		for i, name := range g.header {
			if numeric[name] {
				v, _ := number(row[i])
				record[name] = v
			} else {
				record[name] = row[i]
			}
		}
		if _, err := w.Write([]map[string]any{record}); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Close(), f.Close())
}

// outcome is what the platform found out about a suspect file.
type outcome struct {
	source     string // name
	able       bool
	attack     *attack
	title      string // of what is no attack
	rows       int
	rank       int // of the source among the candidates; 0: not found
	match      sketch.Match
	share      float64 // of the file's rows that are the source's
	judgement  *marks.Judgement
	named      []string // recipients
	wrong      int
	extraction *marks.Extraction
}

// examine traces a file as a regulator does.
func (w *world) examine(ctx context.Context, m *market, path string) (*outcome, error) {
	o := &outcome{source: m.name, able: m.able}
	s, err := sketchOf(ctx, path)
	if err != nil {
		return nil, err
	}
	found, err := w.matcher.Match(s.Key(w.secret), 50)
	if err != nil {
		return nil, err
	}
	for i, c := range found {
		if c.ID == m.id {
			o.rank, o.match = i+1, c.Match
		}
	}
	if o.extraction, _, err = watermark.Extract(ctx, path, m.key, table.Options{}, nil); err != nil {
		return nil, err
	}
	entries, err := w.register.Entries(m.key.ID)
	if err != nil {
		return nil, err
	}
	o.judgement, err = marks.Accuse(o.extraction, entries, m.key.Seed(), marks.DefaultEpsilon)
	if err != nil {
		return nil, err
	}
	for _, a := range o.judgement.Accused() {
		o.named = append(o.named, a.RecipientID)
	}
	return o, nil
}

// run plays one attack on one source.
func (w *world) run(ctx context.Context, m *market, a *attack) (*outcome, error) {
	r := mathrand.New(mathrand.NewPCG(7, uint64(len(a.en))))
	var copies []grid
	for _, file := range m.copies[:a.buyers] {
		g, err := readCSV(file)
		if err != nil {
			return nil, err
		}
		copies = append(copies, g)
	}
	suspect, share := a.make(r, m.source, copies)
	path, err := suspect.write(w.dir, a.format)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(path) }() // the next one overwrites it
	o, err := w.examine(ctx, m, path)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", m.name, a.en, err)
	}
	o.attack, o.rows, o.share = a, len(suspect.rows), share
	for _, id := range o.named {
		guilty := false
		for i := range a.buyers {
			guilty = guilty || id == recipient(i)
		}
		if !guilty {
			o.wrong++
		}
	}
	return o, nil
}
