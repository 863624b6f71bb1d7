package explorer

import (
	"cmp"
	"maps"
	"slices"

	"github.com/datarights/datarights/chaincode/rights"
)

// word is what a field of a command is called, and how it is filled in.
type word struct {
	Label  rights.Text
	Hint   rights.Text
	Of     subject // the field holds a code of this vocabulary
	Moment bool    // UTC seconds
	Long   bool    // more than a line
}

// fieldWord is the word for a field; one that is missing goes by its own name, and
// fails a test when it is one of the domain's.
func fieldWord(name string) word {
	if w, ok := fieldWords[name]; ok {
		return w
	}
	return word{Label: rights.Text{Zh: name, En: name}}
}

// choices are the codes of a vocabulary with their words, by code.
func choices(lang string, s subject) []choice {
	list := make([]choice, 0, len(terms[s]))
	for _, code := range slices.SortedFunc(maps.Keys(terms[s]), cmp.Compare[string]) {
		list = append(list, choice{code, pick(lang, terms[s][code])})
	}
	return list
}

// fieldWords by the field's name in JSON, for all commands: a name means one thing.
var fieldWords = map[string]word{
	"caseId":  {Label: rights.Text{Zh: "案件编号", En: "Case"}},
	"reason":  {Label: rights.Text{Zh: "理由", En: "Reason"}, Long: true},
	"validTo": {Label: rights.Text{Zh: "有效期至", En: "Valid until"}, Moment: true},
}
