package eventbus

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/transitions"
)

// A clientFunc is a fake of EventBridge.
type clientFunc func(entries []types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error)

func (f clientFunc) PutEvents(
	_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	return f(in.Entries)
}

// Put counts the events before the first one that EventBridge does not accept.
func TestPutReportsTheFirstFailure(t *testing.T) {
	accepted := types.PutEventsResultEntry{EventId: aws.String("1")}
	failed := func(code string) types.PutEventsResultEntry {
		return types.PutEventsResultEntry{ErrorCode: aws.String(code)}
	}
	for name, tt := range map[string]struct {
		results   []types.PutEventsResultEntry
		published int
		fails     bool
		refused   bool
	}{
		"all accepted":     {[]types.PutEventsResultEntry{accepted, accepted, accepted}, 3, false, false},
		"throttled":        {[]types.PutEventsResultEntry{accepted, failed("ThrottlingException"), accepted}, 1, true, false},
		"internal failure": {[]types.PutEventsResultEntry{failed("InternalFailure"), accepted, accepted}, 0, true, false},
		"malformed":        {[]types.PutEventsResultEntry{accepted, accepted, failed("MalformedDetail")}, 2, true, true},
		"a short response": {[]types.PutEventsResultEntry{accepted}, 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := Bus{Name: "runs", Client: clientFunc(func([]types.PutEventsRequestEntry) (*eventbridge.PutEventsOutput, error) {
				return &eventbridge.PutEventsOutput{Entries: tt.results}, nil
			})}
			n, err := b.Put(t.Context(), make([]run.Transition, 3))
			if n != tt.published || (err != nil) != tt.fails || errors.Is(err, transitions.ErrRefused) != tt.refused {
				t.Errorf("published %d, %v; want %d, an error: %t, refused: %t", n, err, tt.published, tt.fails, tt.refused)
			}
		})
	}
}
