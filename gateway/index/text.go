package index

import (
	"slices"
	"strings"
	"unicode"
)

// maxTerm bounds a word's length in bytes; longer ones are found by their head.
const maxTerm = 64

// runs cuts a text into runs of letters of scripts that write without spaces
// and words of the others, lower-cased, full-width forms made narrow.
func runs(text string, han func([]rune), word func(string)) {
	var run []rune
	var w strings.Builder
	flush := func() {
		if len(run) > 0 {
			han(run)
			run = run[:0]
		}
		if w.Len() > 0 {
			word(clip(w.String()))
			w.Reset()
		}
	}
	for _, r := range text {
		if r >= 0xff01 && r <= 0xff5e { // full-width ASCII, common in Chinese text
			r -= 0xfee0
		}
		r = unicode.ToLower(r)
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			if w.Len() > 0 {
				flush()
			}
			run = append(run, r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if len(run) > 0 {
				flush()
			}
			w.WriteRune(r)
		default:
			flush()
		}
	}
	flush()
}

func clip(word string) string {
	if len(word) <= maxTerm {
		return word
	}
	return strings.ToValidUTF8(word[:maxTerm], "")
}

// documentTerms are the terms under which texts are found: words, pairs of
// neighbouring Han characters, and each Han character, so that a query of one
// character finds something too.
func documentTerms(texts ...string) []string {
	var terms []string
	for _, text := range texts {
		runs(text, func(run []rune) {
			for i := range run {
				terms = append(terms, string(run[i:i+1]))
				if i+1 < len(run) {
					terms = append(terms, string(run[i:i+2]))
				}
			}
		}, func(w string) { terms = append(terms, w) })
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// queryTerms are the terms a text must all be found under.
func queryTerms(text string) []string {
	var terms []string
	runs(text, func(run []rune) {
		if len(run) == 1 {
			terms = append(terms, string(run))
		}
		for i := 0; i+1 < len(run); i++ {
			terms = append(terms, string(run[i:i+2]))
		}
	}, func(w string) { terms = append(terms, w) })
	slices.Sort(terms)
	return slices.Compact(terms)
}
