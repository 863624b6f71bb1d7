package main

import (
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	tabular "github.com/datarights/datarights/client/table"
)

// readingFlags say how a file is read.
type readingFlags struct {
	format   string
	noHeader bool
}

func (f *readingFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.format, "format", "", "文件格式，默认按扩展名 / how the file is read; by name if not given")
	c.Flags().BoolVar(&f.noHeader, "no-header", false, "表格首行即数据 / the table's first row is data")
}

func (f *readingFlags) options() tabular.Options {
	o := tabular.Options{Format: tabular.Format(f.format)}
	if f.noHeader {
		o.Header = tabular.HeaderNone
	}
	return o
}

// progress draws a bar of bytes where somebody looks; end ends it.
func progress(c *cobra.Command, what string) (told func(done, total int64), end func()) {
	out, ok := c.ErrOrStderr().(*os.File)
	if !ok || !term.IsTerminal(int(out.Fd())) {
		return nil, func() {}
	}
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription(what))
	return func(done, total int64) {
		bar.ChangeMax64(total)
		_ = bar.Set64(done) // only drawing can fail
	}, func() { _ = bar.Finish() }
}
