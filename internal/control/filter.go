package control

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/exit"
)

// A filter is a flag that becomes a query parameter of a list.
type filter struct {
	flag, param string
	kind        filterKind
	usage       string
	values      []string // for the completion
}

type filterKind int

const (
	words  filterKind = iota // several values, also separated by commas
	texts                    // several values, each with a flag of its own
	text                     // one value
	moment                   // a time
	pairs                    // KEY=VALUE, several
)

// addFilters gives the command the flags of the filters.
func addFilters(cmd *cobra.Command, filters []filter) {
	for _, f := range filters {
		switch f.kind {
		case words:
			cmd.Flags().StringSlice(f.flag, nil, f.usage)
		case texts, pairs:
			cmd.Flags().StringArray(f.flag, nil, f.usage)
		case text, moment:
			cmd.Flags().String(f.flag, "", f.usage)
		}
		Group(cmd.Flags().Lookup(f.flag), "filters")
		if f.values != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.flag, cobra.FixedCompletions(f.values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
}

// query returns the query parameters of the filters that are given.
func query(flags *pflag.FlagSet, filters []filter) (url.Values, error) {
	q := url.Values{}
	for _, f := range filters {
		if !flags.Changed(f.flag) {
			continue
		}
		switch f.kind {
		case words:
			q[f.param], _ = flags.GetStringSlice(f.flag)
		case texts:
			q[f.param], _ = flags.GetStringArray(f.flag)
		case text:
			q.Set(f.param, flags.Lookup(f.flag).Value.String())
		case moment:
			q.Set(f.param, parseMoment(flags.Lookup(f.flag).Value.String(), time.Now()))
		case pairs:
			given, _ := flags.GetStringArray(f.flag)
			for _, pair := range given {
				key, value, err := parsePair(f.flag, pair)
				if err != nil {
					return nil, err
				}
				q.Add(f.param+"["+key+"]", value)
			}
		}
	}
	return q, nil
}

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// parseMoment returns the timestamp of a date, which is its beginning in UTC, or of a duration,
// which is so long ago. Other texts are left to the service, which takes timestamps.
func parseMoment(s string, now time.Time) string {
	if day.MatchString(s) {
		return s + "T00:00:00Z"
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d).UTC().Format(time.RFC3339)
	}
	return s
}

// parsePair parses KEY=VALUE, the value of a flag.
func parsePair(flag, s string) (key, value string, err error) {
	key, value, ok := strings.Cut(s, "=")
	if !ok || key == "" {
		return "", "", exit.Usagef("--%s must be KEY=VALUE, not %q", flag, s)
	}
	return key, value, nil
}

// momentRule is the rule of a flag that is a moment, which takes more than the parameter does.
const momentRule = "must be a timestamp such as 2026-01-02T15:04:05Z, a date such as 2026-01-02, or a duration such as 24h"

// nameFlags replaces the parameters in an error of the service by the flags that set them.
func nameFlags(err error, filters []filter) error {
	var refused *client.Error
	if !errors.As(err, &refused) {
		return err
	}
	for n, f := range refused.Fields {
		for _, known := range filters {
			if f.Field == known.param || strings.HasPrefix(f.Field, known.param+"[") {
				refused.Fields[n].Field = "--" + known.flag + strings.TrimPrefix(f.Field, known.param)
				for m, rule := range f.Errors {
					if known.kind == moment && rule.Code == "format" {
						f.Errors[m].Message = momentRule
					}
				}
			}
		}
	}
	return err
}
