package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/client/bulk"
)

// importing is one run of import.
type importing struct {
	gateway    gatewayFlags
	signer     signerFlags
	tagGateway string
	command    string
	registrar  string
	kinds      []string
	papers     []string
	set        []string
	sheet      string
	base       string
	report     string
	dryRun     bool
	resume     bool
	skip       bool
	parallel   int
	asJSON     bool
}

func newImportCommand() *cobra.Command {
	var r importing
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "从 CSV 或 XLSX 批量导入，逐行报告，可续传 / Import rows of CSV or XLSX in bulk, row by row",
		Long: `把一张表的每一行作为一项，以至多 1000 项一个签名的指令上链。默认编目数据资源（resource.catalogue）：一行一项资源，
“数据文件”一列给出本机文件，就地计算指纹，文件不外传；加 --registrar 则编目后一并申请登记。其他指令用 --command。
列标题可用中文、英文或字段名，次序不限；模板见 import template。

签名之前检查全部行：格式、代码、重复、文件、公式、隐藏行列、丢失位数的数字、混入的其他文字、账本上已有的内容，一次列出，
指明行、列、值、代码与正确写法。--dry-run 只检查。已签指令先写入 FILE.import（权限 0600）再发送：任何时刻中断后
加 --resume 重新运行，不丢一行、不重一行。

Brings each row of a sheet onto the ledger as an item of a command, up to 1,000 under one signature. By default it catalogues
data resources: one a row, whose column “data file” names a file here, which is fingerprinted here and goes nowhere; with
--registrar it applies for their registration too. Other commands with --command. Headings are Chinese, English or the
member's name, in any order; import template writes a workbook with them.

All rows are checked before anything is signed, and all faults are shown at once with row, column, value, code and what would
be right. --dry-run does no more. Signed commands are kept in FILE.import (mode 0600) before they are sent: interrupted at
whatever instant, run again with --resume, no row is lost and none is doubled.`,
		Example: `  datarights import template resource.catalogue -o 资源.xlsx --registering
  datarights import 资源.xlsx --key firm.key --as 91320903MA0A00022Y#1 --registrar 91320900MA0A00073U --dry-run --report 检查.xlsx
  datarights import 资源.xlsx --key firm.key --as 91320903MA0A00022Y#1 --registrar 91320900MA0A00073U --report 结果.csv
  datarights import 需求.csv --command demand.post --key buyer.key --as 91320903MA0A00946G#1 --set 有效期至=2027-03-31`,
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{submitsAnnotation: "yes"},
		RunE:        func(c *cobra.Command, args []string) error { return r.run(c, args[0]) },
	}
	r.gateway.add(c)
	r.signer.add(c)
	f := c.Flags()
	f.StringVar(&r.command, "command", "resource.catalogue", "每行一项的指令 / `NAME` of the command each row is an item of")
	f.StringVar(&r.registrar, "registrar", "", "编目后向此机构申请登记 / apply at this registrar for what was catalogued, `USCC`")
	f.StringArrayVar(&r.kinds, "right", nil, "申请的权利：holding、use、operation，默认三种 / rights applied for, repeatable; all three if not given")
	f.StringArrayVar(&r.papers, "paper", nil, "各行共同的材料 / a paper of every row, `PAPER=FILE|HASH`, repeatable")
	f.StringArrayVar(&r.set, "set", nil, "各行共同的值，行内有值时以行为准 / a value of every row that has none, `COLUMN=VALUE`, repeatable")
	f.StringVar(&r.sheet, "sheet", "", "XLSX 的工作表，默认“数据”或第一张可见的 / `NAME` of the sheet; “数据”, or the first that is seen")
	f.StringVar(&r.base, "base", "", "表中路径的起点，默认表所在文件夹 / `FOLDER` that paths in the sheet start from; the sheet's")
	f.StringVar(&r.tagGateway, "tag-gateway", "", "持有平台匹配标签密钥的网关，默认同 --gateway / gateway with the platform's key, `URL`")
	f.BoolVar(&r.dryRun, "dry-run", false, "只检查，不签名、不写任何文件 / check only: sign nothing, write nothing but the report")
	f.StringVar(&r.report, "report", "", "逐行报告，.csv、.xlsx 或 .json / `FILE` for the report, row by row")
	f.BoolVar(&r.resume, "resume", false, "接着做完此前中断的导入 / go on with an import that was interrupted")
	f.BoolVar(&r.skip, "skip-faulty", false, "有误的行不发送，其余照发 / send the rows that are in order although others are not")
	f.IntVar(&r.parallel, "parallel", bulk.DefaultParallel, "同时在途的指令数，1 至 16 / commands on their way at once, 1 to 16")
	_ = c.RegisterFlagCompletionFunc("command", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return commandNames(), cobra.ShellCompDirectiveNoFileComp
	})
	addJSON(c, &r.asJSON)
	c.AddCommand(newImportTemplate())
	return c
}

// reportWriters by the ending of --report.
var reportWriters = map[string]func(*bulk.Report, io.Writer) error{".csv": (*bulk.Report).WriteCSV, ".xlsx": (*bulk.Report).WriteXLSX, ".json": (*bulk.Report).WriteJSON}

func (r *importing) run(c *cobra.Command, file string) error {
	write := reportWriters[strings.ToLower(filepath.Ext(r.report))]
	if r.report != "" && write == nil {
		return misuse("--report 应以 .csv、.xlsx 或 .json 结尾", "--report must end in .csv, .xlsx or .json")
	}
	if r.parallel < 1 || r.parallel > 16 {
		return misuse("--parallel 应为 1 至 16", "--parallel must be from 1 to 16")
	}
	form, err := bulk.FormOf(r.command, r.registrar != "")
	if err != nil {
		return unknownCommand(r.command)
	}
	s, err := r.signer.load()
	if err != nil {
		return err
	}
	g, err := r.gateway.client(c)
	if err != nil {
		return err
	}
	tags := g
	if r.tagGateway != "" {
		if tags, err = newClient(c, r.tagGateway); err != nil {
			return err
		}
	}
	plan, err := r.plan(c, file, form)
	if err != nil {
		return err
	}
	o := bulk.Options{Plan: plan, Signer: bulk.Signer{Key: s.key, ID: s.id, KeyNo: s.keyNo}, Gateway: g, Tags: tags, DryRun: r.dryRun, SkipFaulty: r.skip, Parallel: r.parallel}
	if o.Journal, err = r.journal(file, s.kid()); err != nil {
		return err
	}
	if o.Journal != nil {
		defer func() { _ = o.Journal.Close() }() // all that counts is on disk
	}
	told, end := rowProgress(c)
	o.Told = told
	ctx, cancel := r.gateway.patienceWhileMoving(c.Context(), &o)
	rep, err := bulk.Import(ctx, o)
	cancel()
	end()
	return errors.Join(r.tell(c, rep, err), r.save(rep, write))
}

// plan reads the sheet.
func (r *importing) plan(c *cobra.Command, file string, form *bulk.Form) (*bulk.Plan, error) {
	sheet, err := bulk.Read(file, bulk.ReadOptions{Sheet: r.sheet})
	if err != nil {
		return nil, err
	}
	o := bulk.PlanOptions{Base: r.base, Set: map[string]string{}}
	if o.Base == "" {
		o.Base = filepath.Dir(file)
	}
	for _, s := range r.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, misuse(fmt.Sprintf("--set %q 应为 列=值", s), fmt.Sprintf("--set %q must be COLUMN=VALUE", s))
		}
		o.Set[name] = value
	}
	papers, err := parsePapers(r.papers)
	if err != nil {
		return nil, err
	}
	for _, p := range papers {
		o.Set[string(p.DocType)] = p.Hash
	}
	if form.Registers {
		kinds, err := (&registration{kinds: r.kinds}).rightKinds()
		if err != nil {
			return nil, err
		}
		if err := checkCode("--registrar", r.registrar); err != nil {
			return nil, err
		}
		g, err := r.gateway.client(c)
		if err != nil {
			return nil, err
		}
		ctx, cancel := r.gateway.patience(c.Context())
		defer cancel()
		rule, err := ruleInForce(ctx, g, "DRWG", time.Now().Unix())
		if err != nil {
			return nil, err
		}
		o.Register = &bulk.Registration{RegistrarID: r.registrar, Kinds: kinds, Rule: rule}
	} else if r.registrar != "" || len(r.kinds) > 0 {
		return nil, misuse("--registrar 与 --right 仅用于 resource.catalogue", "--registrar and --right are for resource.catalogue")
	}
	return bulk.NewPlan(sheet, form, o), nil
}

// journal opens the journal beside the sheet; a dry run looks at one that is there.
func (r *importing) journal(file, kid string) (*bulk.Journal, error) {
	path := file + bulk.JournalSuffix
	if r.dryRun {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	j, err := bulk.OpenJournal(path, r.command, kid, r.resume || r.dryRun)
	switch {
	case errors.Is(err, bulk.ErrBegun):
		return nil, fail("此表此前已开始导入；加 --resume 接着做（已上链的行不会重复）", "an import of this sheet was begun before; --resume goes on with it, and doubles nothing", nil)
	case errors.Is(err, bulk.ErrBusy):
		return nil, fail("此表正由另一进程导入", "another process is importing this sheet", nil)
	case errors.Is(err, bulk.ErrOtherImport):
		return nil, fail("表旁的 "+path+" 属于另一主体或指令的导入；将表复制到别处再导入", path+" beside the sheet belongs to an import by another signer or command; copy the sheet elsewhere", err)
	case err != nil:
		return nil, fail("导入日志不可用："+path, "the journal can't be used: "+path, err)
	}
	return j, nil
}

// patienceWhileMoving gives each step of a long import the time that --wait
// gives one command: it ends when nothing has moved for that long.
func (g *gatewayFlags) patienceWhileMoving(ctx context.Context, o *bulk.Options) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	idle := time.AfterFunc(g.wait, func() { cancel(context.DeadlineExceeded) })
	told := o.Told
	o.Told = func(stage bulk.Stage, done, total int) {
		idle.Reset(g.wait)
		told(stage, done, total)
	}
	return ctx, func() { idle.Stop(); cancel(nil) }
}

// rowProgress draws a bar of rows, their rate and what is left, where somebody looks.
func rowProgress(c *cobra.Command) (told bulk.Progress, end func()) {
	out, ok := c.ErrOrStderr().(*os.File)
	if !ok || !term.IsTerminal(int(out.Fd())) {
		return func(bulk.Stage, int, int) {}, func() {}
	}
	words := map[bulk.Stage]string{bulk.StageFiles: "计算指纹 fingerprinting", bulk.StageKnown: "与账本核对 checking against the ledger", bulk.StageTags: "取得标签 tagging", bulk.StageCommand: "上链 committing", bulk.StageApply: "申请登记 applying"}
	var bar *progressbar.ProgressBar
	var now bulk.Stage
	end = func() {
		if bar != nil {
			_ = bar.Finish() // only drawing can fail
		}
	}
	return func(stage bulk.Stage, done, total int) {
		if total == 0 {
			return
		}
		if stage != now {
			end()
			now = stage
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(words[stage]), progressbar.OptionShowCount(),
				progressbar.OptionShowIts(), progressbar.OptionSetItsString("行 rows"), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		_ = bar.Set(done) // only drawing can fail
	}, end
}

// faultsShown on a terminal; the report has all.
const faultsShown = 20

// tell shows what became of the rows, and how the program ends.
func (r *importing) tell(c *cobra.Command, rep *bulk.Report, err error) error {
	if r.asJSON {
		if werr := rep.WriteJSON(c.OutOrStdout()); werr != nil {
			return werr
		}
	} else {
		r.print(c.OutOrStdout(), rep)
	}
	if bulk.NoPlatformKey(err) {
		return fail("此网关不持有平台匹配标签密钥；用 --tag-gateway 指定登记机构或交易机构的网关",
			"this gateway does not hold the platform's key; name the registrar's or the exchange's with --tag-gateway", nil)
	}
	if !errors.Is(err, bulk.ErrAtFault) {
		return err
	}
	if rep.Totals[bulk.Refused] > 0 {
		return fail("账本拒绝了部分行，见上；改正后加 --resume 重新运行，或加 --skip-faulty 只发送其余的行", "the ledger refused some rows, as shown; correct them and run again with --resume, or send the others with --skip-faulty", errImport)
	}
	return fail("表中有误，见上；改正后重新运行", "the sheet has faults, as shown; correct them and run again", nil)
}

// errImport ends the program with the exit code of a refusal.
var errImport = &rights.Error{Code: rights.CodeBatch, Detail: "rows are at fault", DetailZh: "有误的行"}

func (r *importing) print(out io.Writer, rep *bulk.Report) {
	shown, all := 0, 0
	one := func(where string, f bulk.Fault) {
		if all++; shown == faultsShown {
			return
		}
		shown++
		mark := "✗"
		if f.Warning {
			mark = "!"
		}
		fmt.Fprintf(out, "%s %s\n", mark, join(where, f.Cell, f.Column, f.Code, f.Rule))
		if f.Value != "" {
			fmt.Fprintf(out, "    值 value: %s\n", f.Value)
		}
		for _, text := range []string{f.DetailZh, f.Detail} {
			if text != "" {
				fmt.Fprintf(out, "    %s\n", text)
			}
		}
	}
	for _, f := range rep.Faults {
		where := "整表 the sheet"
		if f.Row > 0 {
			where = fmt.Sprintf("第 %d 行 row %d", f.Row, f.Row)
		}
		one(where, f)
	}
	for _, row := range rep.Rows {
		for _, f := range row.Faults {
			one(fmt.Sprintf("第 %d 行 row %d", row.Row, row.Row), f)
		}
	}
	if all > shown {
		fmt.Fprintf(out, "… 另有 %d 处，见 --report / %d more, in the --report\n", all-shown, all-shown)
	}
	t := table{}
	for _, s := range []bulk.State{bulk.Done, bulk.Ready, bulk.AtFault, bulk.Refused, bulk.Held, bulk.Unknown} {
		if n := rep.Totals[s]; n > 0 {
			t.add(fmt.Sprintf("%6d", n), bulk.StateWords[s])
		}
	}
	fmt.Fprintf(out, "共 %d 行 rows · %s · %s\n", len(rep.Rows), rep.Command, rep.Signer)
	_ = t.print(out) // only drawing can fail
}

// save writes the report whole or not at all.
func (r *importing) save(rep *bulk.Report, write func(*bulk.Report, io.Writer) error) error {
	if r.report == "" {
		return nil
	}
	var b strings.Builder
	if err := write(rep, &b); err != nil {
		return fmt.Errorf("couldn't write the report: %w", err)
	}
	return replaceFile(r.report, []byte(b.String()))
}

func newImportTemplate() *cobra.Command {
	var out string
	var registering bool
	c := &cobra.Command{
		Use:   "template [COMMAND]",
		Short: "写出导入模板：列标题、说明、下拉列表与示例 / Write a workbook to fill in",
		Long: `写出 XLSX 模板：“数据”一张填写，列标题下有一行示例（以 # 开头，不导入），代码列有下拉列表；“说明”逐列解释。
深色标题必填。默认 resource.catalogue；--registering 加上申请登记的材料各列。

Writes an XLSX workbook: a sheet to fill in with headings, an example that begins with # and is not imported, and drop-down
lists; another that explains each column. Dark headings are needed. resource.catalogue if no command is given; --registering
adds the papers of an application.`,
		Example: "  datarights import template -o 资源.xlsx --registering\n  datarights import template demand.post -o 需求.xlsx",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return commandNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			name := "resource.catalogue"
			if len(args) == 1 {
				name = args[0]
			}
			form, err := bulk.FormOf(name, registering)
			if err != nil {
				return unknownCommand(name)
			}
			var b strings.Builder
			if err := form.Template(&b); err != nil {
				return err
			}
			if err := writeOutput(c, out, []byte(b.String())); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "✓ 模板 template: %s（%s）\n", out, name)
			return nil
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "写入新文件 / write to a new `FILE.xlsx`")
	c.Flags().BoolVar(&registering, "registering", false, "加上申请登记的材料 / with the papers of an application for registration")
	_ = c.MarkFlagRequired("out")
	return c
}
