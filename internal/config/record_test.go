package config

import "testing"

// Earlier versions read resolved configurations in which record and external have their defaults.
func TestRecordAndExternal(t *testing.T) {
	with := func(member string) string { return defaults[:len(defaults)-1] + "," + member + "}" }
	checkForms(t, []formsCase{
		{"defaults", `{"external":"ignore","record":{"digests":true}}`, `{"external":"ignore","record":{"digests":true}}`, defaults},
		{"false edges", `{"record":{"edges":false}}`, `{"record":{"edges":false}}`, defaults},
		{"no members", `{"record":{}}`, `{"record":{}}`, defaults},
		{"false edges without digests", `{"record":{"edges":false,"digests":false}}`, `{"record":{"edges":false,"digests":false}}`, with(`"record":{"digests":false}`)},
		{"edges", `{"record":{"edges":true,"digests":true}}`, `{"record":{"edges":true,"digests":true}}`, with(`"record":{"edges":true}`)},
		{"digests", `{"record":{"digests":false}}`, `{"record":{"digests":false}}`, with(`"record":{"digests":false}`)},
		{"check", `{"external":"check"}`, `{"external":"check"}`, with(`"external":"check"`)},
	})
	checkInvalid(t, []invalidCase{
		{"record", `{"record":[]}`, []string{"config.record type an object"}},
		{"members", `{"record":{"edges":1,"links":true}}`, []string{"config.record.edges type true or false", "config.record.links unknown edges, digests"}},
		{"external", `{"external":true}`, []string{"config.external type a string"}},
		{"external of another value", `{"external":"follow"}`, []string{"config.external enum check, ignore"}},
	})
	for given, want := range map[string][3]bool{ // edges, digests, external
		`{}`: {false, true, false}, `{"record":{"edges":true}}`: {true, true, false},
		`{"external":"check","record":{"digests":false}}`: {false, false, true},
	} {
		c, err := Parse([]byte(given), "config")
		if got := [3]bool{c.RecordsEdges(), c.RecordsDigests(), c.ChecksExternal()}; err != nil || got != want {
			t.Errorf("%s: got %v, %v", given, got, err)
		}
	}
}
