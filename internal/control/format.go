package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// age returns how long ago a time was, in its largest unit.
func age(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := max(now.Sub(t), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// size returns a number of bytes with a decimal unit.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value := float64(n)
	for _, unit := range []string{"kB", "MB", "GB"} {
		if value /= 1000; value < 999.95 {
			return fmt.Sprintf("%.1f %s", value, unit)
		}
	}
	return fmt.Sprintf("%.1f TB", value/1000)
}

// labels returns the labels of an item as KEY=VALUE, sorted.
func labels(i item) string {
	object, _ := i.value("labels").(map[string]any)
	all := make([]string, 0, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		all = append(all, fmt.Sprintf("%s=%v", key, object[key]))
	}
	return strings.Join(all, ",")
}

// sizeOf returns a column with a member that is a number of bytes.
func sizeOf(title, path string) column {
	return column{title: title, right: true, text: func(i item) string {
		if i.value(path) == nil {
			return ""
		}
		return size(i.number(path))
	}}
}

// ageOf returns a column with the age of a member that is a timestamp.
func ageOf(title, path string) column {
	return column{title: title, right: true, text: func(i item) string { return age(i.time(path), time.Now()) }}
}

// timeOf returns a column with a member that is a timestamp, in seconds and in UTC.
func timeOf(title, path string) column {
	return column{title: title, text: func(i item) string {
		if t := i.time(path); !t.IsZero() {
			return t.UTC().Format("2006-01-02 15:04:05")
		}
		return ""
	}}
}
