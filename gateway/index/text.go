package index

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTerm bounds a word's length in bytes; longer ones are found by their head.
const maxTerm = 64

// runs cuts a text into runs of letters of scripts that write without spaces
// and words of the others, lower-cased, full-width forms made narrow.
//
// han is given where in the text each letter of a run begins, and where the last
// one ends.
func runs(text string, han func([]int), word func(string)) {
	var run []int
	var w strings.Builder
	end := 0
	flush := func() {
		if len(run) > 0 {
			han(append(run, end))
			run = run[:0]
		}
		if w.Len() > 0 {
			word(clip(w.String()))
			w.Reset()
		}
	}
	for at, r := range text {
		if r >= 0xff01 && r <= 0xff5e { // full-width ASCII, common in Chinese text
			r -= 0xfee0
		}
		r = unicode.ToLower(r)
		switch {
		case r >= 0x4e00 && r <= 0x9fa5, unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			if w.Len() > 0 {
				flush()
			}
			run = append(run, at)
			end = at + utf8.RuneLen(r) // none of these has another case or width
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
		runs(text, func(at []int) {
			for i := range len(at) - 1 {
				terms = append(terms, text[at[i]:at[i+1]])
				if i+2 < len(at) {
					terms = append(terms, text[at[i]:at[i+2]])
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
	runs(text, func(at []int) {
		if len(at) == 2 {
			terms = append(terms, text[at[0]:at[1]])
		}
		for i := 0; i+2 < len(at); i++ {
			terms = append(terms, text[at[i]:at[i+2]])
		}
	}, func(w string) { terms = append(terms, w) })
	slices.Sort(terms)
	return slices.Compact(terms)
}

// Terms are what a text is searched by: words, and pairs of neighbouring Han
// characters; sorted.
func Terms(text string) []string { return queryTerms(text) }
