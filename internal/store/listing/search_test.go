package listing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/store/keys"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// A thing is an item that knows nothing of runs and jobs. It is listed by color and by size: the
// index by_color has a partition for each color, and each size has a partition of entries.
type thing struct {
	PK         string            `dynamo:"pk"`
	SK         string            `dynamo:"sk"`
	ByColor    string            `dynamo:"by_color"`
	CreatedKey string            `dynamo:"created_key"`
	Size       int               `dynamo:"size"`
	Labels     map[string]string `dynamo:"labels"`
}

func colorPartition(color string) string { return "T#acme#COLOR#" + color }

func sizePartition(size int) string { return fmt.Sprint("T#acme#SIZE#", size) }

var colors = []string{"red", "blue", "green"}

// newThings stores n things with their entries. It returns the things, the most recent first.
func newThings(t *testing.T, table dynamo.Table, n int) []thing {
	t.Helper()
	var things []thing
	var items []any
	for i := range n {
		id := uuid.New()
		created := keys.Created(someTime.Add(time.Duration(i/2)*time.Second), id) // two have the same time
		th := thing{
			PK: "T#acme", SK: "THING#" + id.String(), CreatedKey: created,
			ByColor: colorPartition(colors[i%3]), Size: i % 5,
			Labels: map[string]string{"half": fmt.Sprint(i % 2), "padding": strings.Repeat("x", 1000)},
		}
		things = append(things, th)
		items = append(items, th, map[string]string{"pk": sizePartition(th.Size), "sk": created})
	}
	for batch := range slices.Chunk(items, 25) {
		if _, err := table.Batch().Write().Put(batch...).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	slices.SortFunc(things, func(a, b thing) int { return cmp.Compare(b.CreatedKey, a.CreatedKey) })
	return things
}

func newTable(t *testing.T) dynamo.Table {
	t.Helper()
	client := dynamodb.NewFromConfig(dynamotest.Config(t))
	name := "test-" + uuid.NewString()
	key := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
		}
	}
	input := &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   key("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String("by_color"),
			KeySchema:  key("by_color", "created_key"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	}
	for _, attribute := range []string{"pk", "sk", "by_color", "created_key"} {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute), AttributeType: types.ScalarAttributeTypeS,
		})
	}
	if _, err := client.CreateTable(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the test's context is cancelled by now
		if _, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Error(err)
		}
	})
	return dynamo.NewFromIface(client).Table(name)
}

// colorPlan reads the things of some colors.
func colorPlan(colors ...string) *Plan {
	p := &Plan{PK: "T#acme", SortPrefix: "THING#", Index: "by_color"}
	for _, color := range colors {
		p.Partitions = append(p.Partitions, colorPartition(color))
	}
	return p
}

func list(table dynamo.Table, match func(thing) bool, base *Plan, plans ...*Plan) List[thing] {
	return List[thing]{
		Table: table, Scope: someScope, Base: base, Plans: plans, Match: match, MaxBytes: 3_000_000,
		Key: func(th thing) string { return th.CreatedKey },
	}
}

// walk returns the ids of all items of the list, in pages of n, and the number of pages. Cursors
// lead from page to page.
func walk(t *testing.T, l List[thing], n int) (ids []string, pages int) {
	t.Helper()
	cursor := ""
	for pages = 1; ; pages++ {
		after, err := l.After(cursor)
		if err != nil {
			t.Fatal(err)
		}
		items, reached, err := l.Search(t.Context(), after, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			ids = append(ids, item.SK)
		}
		switch {
		case len(items) == n:
			cursor = l.Cursor(l.Key(items[n-1]))
		case reached == "":
			return ids, pages
		default:
			cursor = l.Cursor(reached)
		}
	}
}

func TestWalk(t *testing.T) {
	table := newTable(t)
	things := newThings(t, table, 90)
	all := colorPlan(colors...)
	filtered := colorPlan("red", "green")
	filtered.Filter(In("size", []int{1, 2}))
	filtered.Filter(HasMembers("labels", map[string]string{"half": "1"}))
	byID := colorPlan(colors...)
	for _, i := range []int{40, 3, 77} {
		byID.IDs = append(byID.IDs, uuid.MustParse(strings.TrimPrefix(things[i].SK, "THING#")))
	}
	byID.IDs = append(byID.IDs, uuid.New())
	between := colorPlan(colors...)
	between.Created = keys.CreatedBetween(someTime.Add(5*time.Second), someTime.Add(20*time.Second))
	every := func(thing) bool { return true }
	size3 := func(th thing) bool { return th.Size == 3 }
	for name, l := range map[string]List[thing]{
		"one partition":   list(table, func(th thing) bool { return th.ByColor == colorPartition("blue") }, colorPlan("blue"), colorPlan("blue")),
		"all partitions":  list(table, every, all, all),
		"between times":   list(table, func(th thing) bool { return between.Created.Contains(th.CreatedKey) }, between, between),
		"by entries":      list(table, size3, all, all.ByEntries(sizePartition(3))),
		"by either":       list(table, size3, all, all, all.ByEntries(sizePartition(3))),
		"no partition":    list(table, func(thing) bool { return false }, colorPlan(), colorPlan()),
		"empty partition": list(table, func(thing) bool { return false }, colorPlan("black"), colorPlan("black")),
		"by id": list(table, func(th thing) bool {
			return slices.ContainsFunc(byID.IDs, func(id uuid.UUID) bool { return strings.HasSuffix(th.SK, id.String()) })
		}, byID),
		"filter expression": list(table, func(th thing) bool {
			return th.ByColor != colorPartition("blue") && (th.Size == 1 || th.Size == 2) && th.Labels["half"] == "1"
		}, filtered, filtered),
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, th := range things {
				if l.Match(th) {
					want = append(want, th.SK)
				}
			}
			for _, n := range []int{1, 7, 100} {
				if got, _ := walk(t, l, n); !slices.Equal(got, want) {
					t.Errorf("in pages of %d: got %v, want %v", n, got, want)
				}
			}
		})
	}
}

// An entry may outlive its item.
func TestEntriesWithoutItem(t *testing.T) {
	table := newTable(t)
	things := newThings(t, table, 30)
	var want []string
	for i, th := range things {
		if i%2 == 0 {
			if err := table.Delete("pk", th.PK).Range("sk", th.SK).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else if th.Size == 3 {
			want = append(want, th.SK)
		}
	}
	all := colorPlan(colors...)
	l := list(table, func(th thing) bool { return th.Size == 3 }, all, all.ByEntries(sizePartition(3)))
	if got, _ := walk(t, l, 2); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A Search that finds little ends at its bounds and says how far it came. Further searches reach
// the end of the list.
func TestSearchIsBounded(t *testing.T) {
	table := newTable(t)
	things := newThings(t, table, 900) // of more than 1,000 bytes each, so of 110 read units
	oldest := things[len(things)-1]
	all := colorPlan(colors...)
	l := list(table, func(th thing) bool { return th.SK == oldest.SK }, all, all)
	items, reached, err := l.Search(t.Context(), "", 10)
	if err != nil || len(items) > 0 || reached == "" || reached <= oldest.CreatedKey {
		t.Fatalf("got %d items, reached %q, error %v; want a search that ends before %q", len(items), reached, err, oldest.CreatedKey)
	}
	got, pages := walk(t, l, 10)
	if !slices.Equal(got, []string{oldest.SK}) || pages < 2 || pages > 10 {
		t.Errorf("got %v on %d pages, want the oldest thing on 2 to 10 pages", got, pages)
	}
}
