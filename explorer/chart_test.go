package explorer

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is drawn lies inside the drawing, and the scale's lines are evenly spaced
// and say where they are.
func TestChartStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []Point
		at := int64(1_700_000_000)
		for range rapid.IntRange(0, 30).Draw(t, "points") {
			at += rapid.Int64Range(0, 1e8).Draw(t, "after")
			points = append(points, Point{At: at, Value: rapid.Int64Range(0, 1e15).Draw(t, "value")})
		}
		c := newChart("x", "count", points, rapid.Int64Range(0, 1e15).Draw(t, "target"), rapid.Int64Range(0, 2e9).Draw(t, "due"))
		inside := func(s string, most float64) {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil || v < 0 || v > most {
				t.Fatalf("%q is outside 0…%v", s, most)
			}
		}
		for _, p := range points {
			inside(c.X(p), chartW)
			inside(c.Y(p), chartH)
		}
		if c.Target != nil {
			inside(c.TargetY(), chartH)
			if c.TargetAt > 0 {
				inside(c.TargetX(), chartW)
			}
		}
		grid := c.Grid(zh)
		if len(grid) < 2 || len(grid) > 6 {
			t.Fatalf("%d lines of the scale", len(grid))
		}
		for _, m := range grid {
			inside(m.Pos, chartH)
		}
	})
}

func TestChartScale(t *testing.T) {
	c := newChart("x", "count", []Point{{At: 1, Value: 1}}, 5, 0)
	var said []string
	for _, m := range c.Grid(zh) {
		said = append(said, m.Text)
	}
	if got, want := len(said), 4; got != want || said[1] != "2" || said[3] != "6" {
		t.Errorf("the scale to 5 says %v", said)
	}
}

func TestMeasure(t *testing.T) {
	for _, v := range []struct {
		unit   string
		n      int64
		zh, en string
	}{
		{"count", 1800, "1,800", "1,800"}, {"permille", 995, "99.5%", "99.5%"}, {"permille", 1000, "100.0%", "100.0%"},
		{"fen", 200000000000, "20 亿元", "2 bn yuan"}, {"fen", 5000000000, "5000 万元", "50 m yuan"}, {"fen", 12345, "123.45 元", "123.45 yuan"}, {"fen", 100005, "1,000.05 元", "1,000.05 yuan"},
		{"milestone", 0, "未建成", "not yet"}, {"milestone", 1, "已建成", "reached"}, {"days", 3, "3 天", "3 days"},
	} {
		if got := measure(zh, v.unit, v.n); got != v.zh {
			t.Errorf("%s %d: %q, want %q", v.unit, v.n, got, v.zh)
		}
		if got := measure(en, v.unit, v.n); got != v.en {
			t.Errorf("%s %d: %q, want %q", v.unit, v.n, got, v.en)
		}
	}
}
