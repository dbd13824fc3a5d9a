package control

import (
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/inndx/runs/internal/visible"
)

// A column is a column of a table.
type column struct {
	title string
	text  func(item) string
	right bool // whether it is aligned to the right
	min   int  // its width at least
}

// of returns a column with a member of the items.
func of(title, path string) column {
	return column{title: title, text: func(i item) string { return i.text(path) }}
}

// numberOf returns a column with a member of the items that is a number.
func numberOf(title, path string) column {
	c := of(title, path)
	c.right = true
	return c
}

// A table writes rows below a header. Columns are as wide as what was written so far, so that rows
// can be written before all are known.
type table struct {
	w       io.Writer
	columns []column
	width   int // of the terminal; 0 if w is not a terminal
	widths  []int
}

// write writes the items as rows.
func (t *table) write(items []item) error {
	rows := make([][]string, 0, len(items)+1)
	if t.widths == nil {
		t.widths = make([]int, len(t.columns))
		titles := make([]string, len(t.columns))
		for n, c := range t.columns {
			titles[n], t.widths[n] = c.title, c.min
		}
		rows = append(rows, titles)
	}
	for _, i := range items {
		row := make([]string, len(t.columns))
		for n, c := range t.columns {
			row[n] = visible.Text(c.text(i))
		}
		rows = append(rows, row)
	}
	for _, row := range rows {
		for n, cell := range row {
			t.widths[n] = max(t.widths[n], uniseg.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(cut(t.line(row), t.width) + "\n")
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// line returns the cells as a line without spaces at its end.
func (t *table) line(row []string) string {
	var b strings.Builder
	for n, cell := range row {
		if n > 0 {
			b.WriteString("  ")
		}
		space := strings.Repeat(" ", max(0, t.widths[n]-uniseg.StringWidth(cell)))
		if t.columns[n].right {
			b.WriteString(space + cell)
		} else {
			b.WriteString(cell + space)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// cut returns the beginning of a line that fits a terminal of some width, with an ellipsis if
// something is missing. A width of 0 means that there is no limit.
func cut(line string, width int) string {
	if width <= 0 || uniseg.StringWidth(line) <= width {
		return line
	}
	used, end := 0, 0
	g := uniseg.NewGraphemes(line)
	for g.Next() && used+g.Width() <= width-1 {
		used += g.Width()
		_, end = g.Positions()
	}
	return line[:end] + "…"
}
