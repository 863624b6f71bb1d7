package bulk

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/datarights/datarights/chaincode/rights"
)

// Kind is how a column's cells are read.
type Kind string

// The kinds of columns.
const (
	Text      Kind = "text"
	Code      Kind = "code"      // one of Codes
	Codes     Kind = "codes"     // several of them
	Date      Kind = "date"      // YYYY-MM-DD
	Instant   Kind = "instant"   // a day, which on the ledger is UTC seconds
	Whole     Kind = "whole"     // a whole number
	Truth     Kind = "truth"     // yes or no
	Texts     Kind = "texts"     // several, with ; between
	Paper     Kind = "paper"     // a file hashed here, or a hash
	DataFile  Kind = "file"      // the data itself, fingerprinted here
	Structure Kind = "structure" // JSON
	Note      Kind = "note"      // not imported
)

// Column is one column of a form.
type Column struct {
	// Path is the member of the command's body, as limits.territory, or a name
	// of the form's own: file, sheet, remark, and papers as paper.DocForm.
	Path     string
	Title    rights.Text
	Help     rights.Text
	Kind     Kind
	Codes    []string
	Required bool
	Default  string // what an empty cell says
	Example  string
}

// Form is what a sheet for one command has.
type Form struct {
	Command *rights.Command
	Columns []Column
	// Files tells that a row has a data file, which is fingerprinted and tagged.
	Files bool
	// Registers tells that each resource is applied for at once.
	Registers bool
}

// Names of the form's own columns.
const (
	columnFile  = "file"
	columnSheet = "sheet"
	columnNote  = "remark"
	paperPrefix = "paper."
)

// computed are the members that a row's file says.
var computed = []string{"contentRoot", "schemaHash", "recordCount", "sizeBytes", "matchTag", "tagEpoch", "tagAttestation"}

// FormOf returns the form of a command. With registers, resource.catalogue is
// followed by the application for registration, whose papers have columns.
func FormOf(command string, registers bool) (*Form, error) {
	spec, batch := rights.CommandNamed(command)
	if spec == nil || batch {
		return nil, &Faulty{[]Fault{fault(CodeMalformed, "没有指令 %q，或它不逐项发出；datarights command list 列出全部", "there is no command %q that is given row by row; datarights command list shows them all", command)}}
	}
	f := &Form{Command: spec, Registers: registers && spec.Name == "resource.catalogue"}
	f.Files = spec.Name == "resource.catalogue" || spec.Name == "resource.addVersion"
	if f.Files {
		f.Columns = append(f.Columns, words(Column{Path: columnFile, Kind: DataFile, Required: true}), words(Column{Path: columnSheet, Kind: Text}))
	}
	f.members(reflect.TypeOf(spec.Body()), "", true)
	if spec.Name == "resource.catalogue" {
		f.papers()
	}
	f.Columns = append(f.Columns, words(Column{Path: columnNote, Kind: Note}))
	return f, nil
}

// members adds a column for each member of a body, those of objects flattened.
func (f *Form) members(t reflect.Type, prefix string, needed bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for i := range t.NumField() {
		m := t.Field(i)
		name, options, _ := strings.Cut(m.Tag.Get("json"), ",")
		if m.Anonymous && name == "" {
			f.members(m.Type, prefix, needed)
			continue
		}
		if name == "-" || !m.IsExported() || prefix == "" && f.Files && slices.Contains(computed, name) {
			continue
		}
		path := prefix + name
		if f.Command.Name == "resource.catalogue" && path == "gradeReport" {
			continue // the grading paper says it
		}
		c := Column{Path: path, Required: needed && !strings.Contains(options, "omitempty"), Codes: rights.Vocabulary(f.Command.Name, path)}
		typ := m.Type
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch {
		case typ == reflect.TypeFor[json.RawMessage](), typ == reflect.TypeFor[rights.TagAttestation]():
			c.Kind = Structure
		case typ == reflect.TypeFor[rights.Evidence]():
			c.Kind = Paper
		case typ.Kind() == reflect.Struct:
			f.members(typ, path+".", false)
			continue
		case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.String:
			if c.Kind = Texts; c.Codes != nil {
				c.Kind = Codes
			}
		case typ.Kind() == reflect.Slice, typ.Kind() == reflect.Map:
			c.Kind = Structure
		case typ.Kind() == reflect.Bool:
			c.Kind, c.Required = Truth, false
		case typ.Kind() == reflect.String && c.Codes != nil:
			c.Kind = Code
		case typ.Kind() == reflect.String && isDate(path):
			c.Kind = Date
		case typ.Kind() == reflect.String:
			c.Kind = Text
		case isInstant(path):
			c.Kind = Instant
		default:
			c.Kind = Whole
		}
		if c = words(c); c.Example != "" {
			if _, flt := c.value(Cell{Text: c.Example}); flt != nil { // a member of that name that is something else here
				c.Help, c.Example = rights.Text{}, ""
			}
		}
		if f.Command.Name == "resource.catalogue" {
			c.Default, c.Required = catalogueDefaults[path], c.Required && catalogueDefaults[path] == "" && path != "dataForm" && path != "structure"
		}
		f.Columns = append(f.Columns, c)
	}
}

// catalogueDefaults are what `datarights register` takes when nothing is said.
var catalogueDefaults = map[string]string{"regionRange": "Municipal", "updateFreq": "Other", "subjectClass": "SubjectEnterprise", "sourceType": "SrcCollected",
	"level": "LevelGeneral", "grade": "1", "pi": "None"}

// papers adds the columns of papers: all of an application, of a catalogue
// entry the grading report.
func (f *Form) papers() {
	for _, d := range rights.Papers() {
		if d != rights.DocGrading && !f.Registers {
			continue
		}
		f.Columns = append(f.Columns, Column{Path: paperPrefix + string(d), Kind: Paper, Title: d.Title(), Required: d == rights.DocGrading, Example: "papers/grading.pdf",
			Help: rights.Text{Zh: "材料文件的路径，或其哈希 sm3:…；文件不上传", En: "path of the paper's file, or its hash sm3:…; the file is not sent"}})
	}
}

func isDate(path string) bool {
	return slices.Contains([]string{"timeFrom", "timeTo", "issuedOn", "expiresOn", "periodEnd", "date"}, path[strings.LastIndexByte(path, '.')+1:])
}

func isInstant(path string) bool {
	name := path[strings.LastIndexByte(path, '.')+1:]
	return name == "validFrom" || name == "validTo" || strings.HasSuffix(name, "At")
}

// column finds the column that a heading names.
func (f *Form) column(heading string) (int, bool) {
	key := normal(heading)
	i := slices.IndexFunc(f.Columns, func(c Column) bool { return slices.Contains(c.names(), key) })
	return i, i >= 0
}

// names are all that a heading may say of a column, as normal makes them.
func (c Column) names() []string {
	zh, en, path := normal(c.Title.Zh), normal(c.Title.En), normal(c.Path)
	list := []string{path, zh, en, zh + path, zh + en, en + zh, path + zh}
	if doc, ok := strings.CutPrefix(c.Path, paperPrefix); ok {
		short := normal(strings.TrimSuffix(strings.TrimPrefix(doc, "Doc"), "Doc"))
		list = append(list, normal(doc), short, zh+normal(doc), zh+short)
	}
	return list
}

// nearest is the heading most like an unknown one, or "".
func (f *Form) nearest(heading string) string {
	key, best, least := normal(heading), "", 3
	for _, c := range f.Columns {
		for _, n := range c.names() {
			if d := distance(key, n); d < least && d < len([]rune(n)) {
				best, least = c.Heading(), d
			}
		}
	}
	return best
}

// Heading is how a template writes the column's heading.
func (c Column) Heading() string {
	if c.Title.Zh == "" {
		return c.Path
	}
	return c.Title.Zh + " " + strings.TrimPrefix(c.Path, paperPrefix)
}

// normal leaves of a heading or choice its letters and digits, in lower case and
// ordinary width.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// distance is Levenshtein's, of short words; of long ones it is large.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 40 || len(y) > 40 {
		return 100
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(y)]
}
