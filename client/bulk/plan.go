package bulk

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/datarights/datarights/chaincode/command"
	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client"
	"github.com/datarights/datarights/client/fingerprint"
	"github.com/datarights/datarights/internal/gm"
)

// Plan is a sheet understood: one item for each row, and all that is wrong.
type Plan struct {
	Form     *Form
	Sheet    *Sheet
	Items    []*Item
	Faults   []Fault // of the sheet, and warnings
	Register *Registration
	columns  []int // of the form, by column of the sheet; -1 is none
	heading  map[string]int
}

// Item is one row on its way to the ledger.
type Item struct {
	Row    int
	Key    string // what the row says, whatever row it is
	Body   map[string]any
	File   string // of its data
	Sheet  string
	Print  *fingerprint.Result
	Papers []rights.Evidence
	Faults []Fault

	State  State
	Record string // what the command wrote
	Case   string // of its registration
	Block  uint64
	TxID   string

	tag    *client.MatchTag
	cells  map[string]string // heading text → value, for faults
	digest string            // of its data, whatever the order
	root   string            // its content root, once salts are kept
}

// State is how far a row is.
type State string

// The states of rows.
const (
	Ready   State = "ready"   // checked, not sent
	AtFault State = "faulty"  // has faults and is not sent
	Done    State = "done"    // on the ledger
	Refused State = "refused" // by the ledger
	Held    State = "held"    // was in a batch that was refused for other rows
	Unknown State = "unknown" // sent, no answer: resume tells
)

// Registration says how resources are applied for.
type Registration struct {
	RegistrarID string
	Kinds       []rights.RightKind
	Rule        *rights.RuleProfile // its required papers; nil asks for none
}

// PlanOptions say what is the same for every row.
type PlanOptions struct {
	// Base is the folder that paths in cells start from; by default the sheet's.
	Base string
	// Set are cells that every row has unless it has its own, by heading.
	Set map[string]string
	// Register, of resource.catalogue, applies for each resource too.
	Register *Registration
}

// NewPlan understands a sheet: what can be found without files and ledger.
func NewPlan(s *Sheet, f *Form, o PlanOptions) *Plan {
	p := &Plan{Form: f, Sheet: s, Faults: slices.Clone(s.Faults), Register: o.Register, heading: map[string]int{}}
	if len(s.Rows) == 0 {
		p.Faults = append(p.Faults, fault(CodeMissing, "没有可导入的行（以 # 开头的行不导入）", "there is no row to import (rows that begin with # are not)"))
	}
	p.headings(o.Set)
	if slices.ContainsFunc(p.Faults, func(x Fault) bool { return x.Row <= 1 && !x.Warning && x.Code == CodeHeading }) {
		return p // rows under wrong headings say nothing
	}
	for _, row := range s.Rows {
		p.Items = append(p.Items, p.item(row, o))
	}
	for _, flt := range s.Faults { // of rows as such
		for _, i := range p.Items {
			if flt.Row == i.Row && !flt.Warning {
				i.Faults = append(i.Faults, flt)
			}
		}
	}
	p.Faults = slices.DeleteFunc(p.Faults, func(x Fault) bool { return x.Row > 1 && !x.Warning })
	p.twice()
	return p
}

// headings finds which column of the sheet is which of the form.
func (p *Plan) headings(set map[string]string) {
	add := func(column int, heading string, flt Fault) {
		flt.Row, flt.Column = 1, heading
		if column >= 0 {
			flt.Cell = cellName(column, 1)
		}
		p.Faults = append(p.Faults, flt)
	}
	given := map[int]string{}
	for i, h := range p.Sheet.Headings {
		at, ok := p.Form.column(h)
		switch {
		case h == "":
			at = -1
			for _, r := range p.Sheet.Rows {
				if i < len(r.Cells) && !r.Cells[i].empty() {
					add(i, h, fault(CodeHeading, "该列有内容而无标题", "the column has values and no heading"))
					break
				}
			}
		case !ok:
			at = -1
			if near := p.Form.nearest(h); near != "" {
				add(i, h, fault(CodeHeading, "没有列 %q；是否为“%s”？", "there is no column %q; is it “%s”?", h, near))
			} else {
				add(i, h, fault(CodeHeading, "没有列 %q；不需要的列删去或以“备注”为题；import template %s 列出全部列", "there is no column %q; delete it or head it “remark”; import template %s has them all", h, p.Form.Command.Name))
			}
		case given[at] != "" && p.Form.Columns[at].Kind != Note:
			add(i, h, fault(CodeHeading, "与列 %q 是同一列", "is the same column as %q", given[at]))
		default:
			given[at] = h
			p.heading[p.Form.Columns[at].Path] = i
		}
		p.columns = append(p.columns, at)
	}
	for h, v := range set {
		at, ok := p.Form.column(h)
		if !ok {
			add(-1, h, fault(CodeHeading, "--set：没有列 %q", "--set: there is no column %q", h))
			continue
		}
		if v != "" && given[at] == "" {
			given[at] = h
		}
	}
	var missing []string
	for i, c := range p.Form.Columns {
		if c.Required && given[i] == "" {
			missing = append(missing, c.Heading())
		}
	}
	if len(missing) > 0 {
		add(-1, "", fault(CodeHeading, "缺少列：%s", "columns are missing: %s", strings.Join(missing, "; ")))
	}
}

// item reads one row.
func (p *Plan) item(row SheetRow, o PlanOptions) *Item {
	it := &Item{Row: row.No, Body: map[string]any{}, State: Ready, cells: map[string]string{}}
	values := map[int]Cell{}
	for h, v := range o.Set {
		if at, ok := p.Form.column(h); ok && v != "" {
			values[at] = Cell{Text: v}
		}
	}
	for i, c := range row.Cells {
		if at := p.columns[i]; at >= 0 && !c.empty() {
			values[at] = c
		}
	}
	for at, c := range p.Form.Columns {
		cell, given := values[at]
		if !given && c.Default != "" {
			cell, given = Cell{Text: c.Default}, true
		}
		it.cells[c.Path] = cell.Text
		if !given {
			if c.Required {
				p.blame(it, c.Path, fault(CodeMissing, "必填", "is needed"))
			}
			continue
		}
		v, flt := c.value(cell)
		if flt != nil {
			p.blame(it, c.Path, *flt)
			continue
		}
		switch {
		case c.Kind == Note:
		case c.Path == columnFile:
			it.File = place(o.Base, cell.Text)
		case c.Path == columnSheet:
			it.Sheet = cell.Text
		case c.Kind == Paper:
			p.paper(it, c, cell.Text, o.Base)
		default:
			put(it.Body, c.Path, v)
		}
	}
	it.Key = key(p.Form.Command.Name, it)
	return it
}

// place is a path in a cell; spreadsheets on Windows write backslashes.
func place(base, path string) string {
	path = filepath.FromSlash(strings.ReplaceAll(path, `\`, "/"))
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

func put(body map[string]any, path string, v any) {
	for {
		first, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			body[path] = v
			return
		}
		inner, ok := body[first].(map[string]any)
		if !ok {
			inner = map[string]any{}
			body[first] = inner
		}
		body, path = inner, rest
	}
}

// key is what a row says: the same in any row of any sheet.
func key(name string, it *Item) string {
	raw, err := command.Encode(map[string]any{"command": name, "body": it.Body, "file": it.cells[columnFile], "sheet": it.Sheet, "papers": it.Papers})
	if err != nil {
		return ""
	}
	sum := gm.SM3(raw)
	return hex.EncodeToString(sum[:16])
}

// blame adds a fault at the column of a member.
func (p *Plan) blame(it *Item, path string, flt Fault) {
	flt.Row = it.Row
	if flt.Field == "" {
		flt.Field = path
	}
	if flt.Value == "" {
		flt.Value = clip(it.cells[path])
	}
	if at, ok := p.heading[path]; ok {
		flt.Column, flt.Cell = p.Sheet.Headings[at], cellName(at, it.Row)
	} else if i := slices.IndexFunc(p.Form.Columns, func(c Column) bool { return c.Path == path }); i >= 0 {
		flt.Column = p.Form.Columns[i].Heading()
	}
	it.Faults = append(it.Faults, flt)
}

// blameField blames the column of the field that a refusal names.
func (p *Plan) blameField(it *Item, flt Fault) { p.blame(it, p.pathOf(flt.Field), flt) }

// pathOf is the column of a field that a refusal names, "" if there is none.
func (p *Plan) pathOf(field string) string {
	path := strings.TrimPrefix(strings.TrimPrefix(field, "body."), "body")
	if i := strings.IndexByte(path, '['); i >= 0 && strings.HasPrefix(path, "items[") {
		_, path, _ = strings.Cut(path, "].")
	} else if i >= 0 {
		path = path[:i]
	}
	switch {
	case strings.HasPrefix(path, "gradeReport"):
		path = paperPrefix + string(rights.DocGrading)
	case slices.Contains(computed, strings.Split(path, ".")[0]):
		path = columnFile
	}
	for path != "" && !slices.ContainsFunc(p.Form.Columns, func(c Column) bool { return c.Path == path }) {
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			path = ""
			break
		}
		path = path[:i]
	}
	return path
}

// twice finds rows that say the same.
func (p *Plan) twice() {
	said, files, names := map[string]int{}, map[string]int{}, map[string]int{}
	for _, it := range p.Items {
		if first, ok := said[it.Key]; ok {
			flt := fault(CodeTwice, "与第 %d 行完全相同", "says the same as row %d", first)
			flt.Row = it.Row
			it.Faults = append(it.Faults, flt)
			continue
		}
		said[it.Key] = it.Row
		if it.File != "" {
			at := it.File + "\x00" + it.Sheet
			if first, ok := files[at]; ok {
				p.blame(it, columnFile, fault(CodeTwice, "与第 %d 行是同一文件", "is the same file as in row %d", first))
			} else {
				files[at] = it.Row
			}
		}
		if name, _ := it.Body["name"].(string); name != "" && p.Form.Command.Name == "resource.catalogue" {
			if first, ok := names[name]; ok {
				flt := fault(CodeTwice, "与第 %d 行同名", "has the same name as row %d", first)
				flt.Warning = true
				p.blame(it, "name", flt)
			} else {
				names[name] = it.Row
			}
		}
	}
}

// form checks an item's body by the command's own rules, which name one fault
// at a time: what is at fault, or cannot be read, is replaced by an example of
// what would be right, and the rest looked at again. What its file will say is
// filled in with something well-formed.
func (p *Plan) form(it *Item) {
	raw, err := command.Encode(it.Body)
	if err != nil {
		return // it was read from JSON: it encodes
	}
	body := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&body) != nil {
		return
	}
	if p.Form.Files && it.Print == nil {
		body["contentRoot"], body["recordCount"], body["sizeBytes"] = "sm3:"+strings.Repeat("0", 64), 0, 0
	}
	if p.Form.Command.Name == "resource.catalogue" {
		for member, stand := range map[string]any{"dataForm": "Other", "structure": "Unstructured", "gradeReport": rights.Evidence{DocType: rights.DocGrading, Hash: "sm3:" + strings.Repeat("0", 64)}} {
			if body[member] == nil {
				body[member] = stand
			}
		}
	}
	blamed := map[string]bool{}
	replace := func(path string) bool {
		paths := []string{path}
		switch path { // what is judged together is replaced together
		case "timeFrom", "timeTo":
			paths = []string{"timeFrom", "timeTo"}
		case "level", "grade":
			paths = []string{"level", "grade"}
		}
		blamed[path] = true
		replaced := false
		for _, c := range p.Form.Columns {
			if !slices.Contains(paths, c.Path) || c.Example == "" || c.Kind == Paper {
				continue
			}
			if v, flt := c.value(Cell{Text: c.Example}); flt == nil {
				put(body, c.Path, v)
				replaced = true
			}
		}
		return replaced
	}
	for _, f := range it.Faults {
		if !f.Warning {
			replace(f.Field)
		}
	}
	for range p.Form.Columns {
		flt := p.checked(body)
		if flt == nil {
			return
		}
		path := p.pathOf(flt.Field)
		if blamed[path] {
			return
		}
		p.blame(it, path, *flt)
		if !replace(path) {
			return
		}
	}
}

// checked is what the command's own rules refuse first.
func (p *Plan) checked(body map[string]any) *Fault {
	raw, err := command.Encode(body)
	if err != nil {
		return nil //nolint:nilerr // what does not encode has a fault of its own already
	}
	into := p.Form.Command.Body()
	var malformed *command.Error
	if err := command.DecodeInto(raw, into); errors.As(err, &malformed) {
		return &Fault{Code: malformed.Code, Field: malformed.Field, Detail: malformed.Detail, DetailZh: malformed.DetailZh}
	}
	var refusal *rights.Error
	if c, ok := into.(rights.Checked); ok && errors.As(c.Check(), &refusal) {
		f := ofRefusal(refusal)
		return &f
	}
	return nil
}

// faulty reports whether a row may not be sent.
func (it *Item) faulty() bool {
	return slices.ContainsFunc(it.Faults, func(f Fault) bool { return !f.Warning })
}

// settle marks what may not be sent.
func (p *Plan) settle() {
	for _, it := range p.Items {
		if it.State == Ready && it.faulty() {
			it.State = AtFault
		}
	}
}

// Wrong reports whether the sheet itself, or any row, has a fault.
func (p *Plan) Wrong() (sheet bool, rows int) {
	sheet = slices.ContainsFunc(p.Faults, func(f Fault) bool { return !f.Warning })
	for _, it := range p.Items {
		if it.faulty() {
			rows++
		}
	}
	return sheet, rows
}

// All lists every fault and warning, of the sheet first, then by row.
func (p *Plan) All() []Fault {
	list := slices.Clone(p.Faults)
	for _, it := range p.Items {
		list = append(list, it.Faults...)
	}
	return list
}
