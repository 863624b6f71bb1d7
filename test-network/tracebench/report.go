package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/datarights/datarights/internal/marks"
)

// report is what one run found.
type report struct {
	settings   settings
	registered int
	outcomes   []*outcome
	others     []*outcome // files that no buyer leaked

	trials, judged, accused int
	over                    [3]int // innocents at the looser lines of calibration

	paces    []pace
	matched  int
	entering time.Duration
	p50, p99 time.Duration
	slowest  time.Duration
	memory   uint64
	disk     int64
	began    time.Time
	took     time.Duration
}

// buyer says what became of the search for the leak.
func (o *outcome) buyer() string {
	switch {
	case o.wrong > 0:
		return fmt.Sprintf("✗ 误指 wrong (%d)", o.wrong)
	case len(o.named) == 0:
		return "— " + string(o.judgement.Reason)
	case o.attack != nil && o.attack.buyers > 1:
		return fmt.Sprintf("✓ %d/%d", len(o.named), o.attack.buyers)
	}
	return "✓"
}

// log10 is the accused's bound, or the best of all.
func (o *outcome) log10() string {
	if len(o.judgement.Deliveries) == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", o.judgement.Deliveries[0].Log10)
}

func (o *outcome) contained() string {
	if o.rank == 0 {
		return "—"
	}
	how := o.match.How
	if o.match.BothRounded {
		how = "both rounded"
	}
	return fmt.Sprintf("%d ‰ (%s, %d/%d)", o.match.Permille, how, o.match.Shared, o.match.Sampled)
}

func (o *outcome) errorPermille() string {
	if o.rank == 0 {
		return "—"
	}
	return fmt.Sprintf("%+d", o.match.Permille-int64(math.Round(o.share*1000)))
}

func (r *report) markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# 追溯的实测 · Tracing, measured\n")
	line("`make trace-bench` 生成本页。This page is written by `make trace-bench`.\n")
	line("- %s, %d CPU, %s, %s\n- 来源 sources: 两份样表与一份生成的 %d 行电表读数；共登记 %d 份摘要 two samples and a generated table of %d meter readings; %d sketches registered in all\n- 每项产品的水印登记簿有 %d 名接收人；指认线 ε = %g，分摊到各接收人 each product's register has %d recipients; whoever is named is named at ε = %g, shared among them\n- 用时 took %s\n",
		cpu(), runtime.NumCPU(), runtime.GOOS+"/"+runtime.GOARCH, runtime.Version(), r.settings.rows, r.registered, r.settings.rows, r.registered, recipients, marks.DefaultEpsilon, recipients, marks.DefaultEpsilon, r.took.Round(time.Second))
	line("“来源”是真实来源在全部候选中的名次；“在其中”是估计的包含度（方法，样本）；“误差”与真实比例之差，千分点；“买方”：✓ 正确指认，— 不指认并说明原因，✗ 误指。\n")
	line("*source* is the rank of the true one among all candidates; *in it* the containment estimated (how, sample); *error* the difference to the true share in permille; *buyer*: ✓ the right one named, — nobody, and why, ✗ somebody innocent.\n")
	for _, name := range r.sourceNames() {
		line("## %s\n", name)
		line("| 攻击 attack | 行 rows | 来源 source | 在其中 in it | 误差 error | 买方 buyer | log10 | 水印 marks |")
		line("| --- | ---: | ---: | --- | ---: | --- | ---: | ---: |")
		for _, o := range r.outcomes {
			if o.source == name {
				rank := "—"
				if o.rank > 0 {
					rank = fmt.Sprint(o.rank)
				}
				line("| %s · %s | %d | %s | %s | %s | %s | %s | %d |", o.attack.zh, o.attack.en, o.rows, rank, o.contained(), o.errorPermille(), o.buyer(), o.log10(), o.extraction.Marks)
			}
		}
		line("")
		line("不是泄露的文件 files that nobody leaked:\n")
		line("| 文件 file | 行 rows | 在其中 in it | 买方 buyer | log10 |")
		line("| --- | ---: | --- | --- | ---: |")
		for _, o := range r.others {
			if o.source == name {
				line("| %s | %d | %s | %s | %s |", o.title, o.rows, o.contained(), o.buyer(), o.log10())
			}
		}
		line("")
	}
	line("## 无辜者 Innocents\n")
	line("上列全部文件，逐一对照 %d 本由从未收到数据的接收人组成的登记簿（共 %d 个码）：误指 **%d** 次。", r.trials, r.judged, r.accused)
	line("All files above, held against %d registers of recipients who received nothing (%d codes): **%d** accused.\n", r.trials, r.judged, r.accused)
	line("| 线 line | 上限 bound | 实测 measured |\n| --- | ---: | ---: |")
	for i, c := range calibration {
		line("| 10^%.0f | %.4f | %.4f |", c, math.Pow(10, c), float64(r.over[i])/float64(max(1, r.judged)))
	}
	line("")
	r.speeds(line)
	r.aims(line)
	return b.String()
}

func (r *report) speeds(line func(string, ...any)) {
	if len(r.paces) > 0 {
		line("## 速度 Speed\n")
		line("指纹与 SM3（同一文件，同一次运行，各取最快）。Fingerprinting against SM3, the same bytes in the same run, the best of each.\n")
		line("| 文件 file | MB | SM3，一核 one core MB/s | 指纹，一核 one core | 比 ratio | 指纹，%d 核 cores | 比 ratio |", runtime.NumCPU())
		line("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
		for _, p := range r.paces {
			line("| %s | %.1f | %.0f | %.0f | %.2f | %.0f | %.2f |", p.source, float64(p.bytes)/1e6, p.sm3, p.one, p.one/p.sm3, p.all, p.all/p.sm3)
		}
		line("")
	}
	if r.matched > 0 {
		line("一份摘要与 %d 份登记摘要比对（取全文比较最似的，含从盘上读取）：p50 %.1f ms，p99 %.1f ms，最慢 %.1f ms；内存 %d MiB，磁盘 %d MiB，写入与建索引 %s。", r.matched, ms(r.p50), ms(r.p99), ms(r.slowest), r.memory>>20, r.disk>>20, r.entering.Round(time.Second))
		line("One sketch against %d registered ones, the likest read from disk and compared in full: p50 %.1f ms, p99 %.1f ms, slowest %.1f ms; %d MiB of memory, %d MiB on disk, %s to store and enter them.\n", r.matched, ms(r.p50), ms(r.p99), ms(r.slowest), r.memory>>20, r.disk>>20, r.entering.Round(time.Second))
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// aims says of each aim whether this run reached it.
func (r *report) aims(line func(string, ...any)) {
	line("## 目标 Aims\n")
	mark := map[bool]string{true: "✓", false: "✗"}
	missed := func(want func(*outcome) (counts, met bool)) (list []string) {
		for _, o := range r.outcomes {
			if counts, met := want(o); counts && !met {
				list = append(list, o.source+": "+o.attack.en)
			}
		}
		return list
	}
	say := func(what string, list []string) {
		line("- %s %s%s", mark[len(list) == 0], what, strings.Join(append([]string{""}, list...), "\n  - "))
	}
	say("留 5% 以上的行，来源名列第一 source first wherever 5 % of the rows are kept", missed(func(o *outcome) (bool, bool) { return o.attack.source, o.rank == 1 }))
	say("留 20% 以上的行，指认正确的买方 the right buyer named after keeping 20 %", missed(func(o *outcome) (bool, bool) {
		return o.attack.buyer && o.able, len(o.named) == 1 && o.wrong == 0
	}))
	say("合谋者至少一人被指认 at least one of those who collude is named", missed(func(o *outcome) (bool, bool) {
		return o.attack.buyers > 1 && o.able, len(o.named) > 0 && o.wrong == 0
	}))
	for _, name := range r.sourceNames() {
		if i := slices.IndexFunc(r.outcomes, func(o *outcome) bool { return o.source == name && !o.able }); i >= 0 {
			line("- △ %s：表太小，嵌入水印时即告知无法指认任何人，实测也从未指认 too small to carry a code, as embedding says beforehand; nobody was ever named", name)
		}
	}
	line("- %s 从不误指 never a wrong one: %d", mark[r.wrong() == 0], r.wrong())
	strong := 0
	for _, o := range r.others {
		if o.match.Permille >= 800 && o.match.Sampled >= 12 && !o.match.BothRounded && !strings.HasPrefix(o.title, "未加") {
			strong++
		}
	}
	line("- %s 独立采集与无关表不被认作高度相似（只在双方都舍入后才一致的，至多列为待复核）independent and unrelated tables are not taken for strongly alike (what agrees only once both are rounded is for review at most): %d", mark[strong == 0], strong)
}

// wrong counts every innocent that was named.
func (r *report) wrong() int {
	n := r.accused
	for _, o := range slices.Concat(r.outcomes, r.others) {
		n += o.wrong
	}
	return n
}

// faults are what must never be: an innocent named.
func (r *report) faults() []string {
	if n := r.wrong(); n > 0 {
		return []string{fmt.Sprintf("%d innocents were named", n)}
	}
	return nil
}

func (r *report) sourceNames() (names []string) {
	for _, o := range r.outcomes {
		if !slices.Contains(names, o.source) {
			names = append(names, o.source)
		}
	}
	return names
}

// cpu names the processor as Linux does.
func cpu() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for _, l := range strings.Split(string(content), "\n") {
		if name, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
