package watermark

import "fmt"

// Problem is why a table cannot be marked, in both languages.
type Problem struct{ Zh, En string }

func (p *Problem) Error() string { return p.En }

// problem words a Problem; both texts take the same arguments.
func problem(zh, en string, args ...any) error {
	return &Problem{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}
