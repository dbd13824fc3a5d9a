package lambdafn

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/store"
)

func TestTemplateTable(t *testing.T) {
	got := readTemplate(t).Resources["Table"].Properties
	want := store.Table("any")
	if got.BillingMode != string(want.BillingMode) {
		t.Errorf("billing mode %s, want %s", got.BillingMode, want.BillingMode)
	}
	attributes := map[string]string{}
	for _, a := range got.AttributeDefinitions {
		attributes[a["AttributeName"]] = a["AttributeType"]
	}
	wantAttributes := map[string]string{}
	for _, a := range want.AttributeDefinitions {
		wantAttributes[*a.AttributeName] = string(a.AttributeType)
	}
	if diff := cmp.Diff(wantAttributes, attributes); diff != "" {
		t.Errorf("attributes (-store +template):\n%s", diff)
	}
	indexes := []string{keys(got.KeySchema)}
	for _, i := range got.GlobalSecondaryIndexes {
		indexes = append(indexes, i.IndexName+": "+keys(i.KeySchema)+" "+i.Projection["ProjectionType"])
	}
	wantIndexes := []string{wantKeys(want.KeySchema)}
	for _, i := range want.GlobalSecondaryIndexes {
		wantIndexes = append(wantIndexes, *i.IndexName+": "+wantKeys(i.KeySchema)+" "+string(i.Projection.ProjectionType))
	}
	if ttl := got.TimeToLiveSpecification; ttl.AttributeName != store.TimeToLive || !ttl.Enabled {
		t.Errorf("the time to live is %+v, want %s", ttl, store.TimeToLive)
	}
	if diff := cmp.Diff(wantIndexes, indexes); diff != "" {
		t.Errorf("keys and indexes (-store +template):\n%s", diff)
	}
}

// keys describes the key schema of the template.
func keys(schema []map[string]string) (s string) {
	for _, k := range schema {
		s += k["KeyType"] + " " + k["AttributeName"] + " "
	}
	return s
}

// wantKeys describes the key schema of the store, as keys does.
func wantKeys(schema []types.KeySchemaElement) (s string) {
	for _, k := range schema {
		s += string(k.KeyType) + " " + *k.AttributeName + " "
	}
	return s
}

func TestTemplateKeepsData(t *testing.T) {
	tmpl := readTemplate(t)
	table := tmpl.Resources["Table"]
	if table.DeletionPolicy != "Retain" || table.UpdateReplacePolicy != "Retain" || table.Properties.DeletionProtectionEnabled != "TableDeletionProtection" {
		t.Errorf("the table is not retained: %s, %s, protected by %s", table.DeletionPolicy, table.UpdateReplacePolicy, table.Properties.DeletionProtectionEnabled)
	}
	if p := table.Properties; !p.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled || p.SSESpecification.SSEEnabled != "TableKmsKey" || p.StreamSpecification.StreamViewType != "NEW_AND_OLD_IMAGES" {
		t.Errorf("recovery, encryption or the stream is wrong: %+v", p)
	}
	for _, queue := range tmpl.ofType("AWS::SQS::Queue") {
		if !queue.SqsManagedSseEnabled {
			t.Error("a queue is not encrypted")
		}
	}
}
