package strictjson_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/inndx/runs/internal/fault"
)

func TestMembers(t *testing.T) {
	var fs fault.Fields
	o, _ := parse(t, `{"b":"1","a":"2","b":"3"}`, "labels", &fs).Object()
	var names []string
	values := map[string]string{}
	for name, v := range o.Members() {
		names = append(names, name)
		values[name], _ = v.String()
	}
	o.Close()
	if !slices.Equal(names, []string{"b", "a"}) || !maps.Equal(values, map[string]string{"a": "2", "b": "1"}) {
		t.Errorf("got %v, %v", names, values)
	}
	if len(fs) != 1 || fs[0].Field != "labels.b" || fs[0].Errors[0].Code != "duplicate" {
		t.Errorf("got %v", fs)
	}
}
