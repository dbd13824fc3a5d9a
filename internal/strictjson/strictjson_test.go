package strictjson_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

func parse(t *testing.T, data, path string, fs *fault.Fields) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(data), path, fs)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValues(t *testing.T) {
	var fs fault.Fields
	o, _ := parse(t, `{"s":"\u00e9","b":true,"i":-3,"f":2e3,"l":[1,"x"],"o":{}}`, "", &fs).Object()
	member := func(name string) strictjson.Value {
		v, ok := o.Required(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		return v
	}
	if s, ok := member("s").String(); s != "é" || !ok {
		t.Errorf("got %q, %v", s, ok)
	}
	if b, ok := member("b").Bool(); !b || !ok {
		t.Errorf("got %v, %v", b, ok)
	}
	if i, ok := member("i").Int(-3, 0); i != -3 || !ok {
		t.Errorf("got %v, %v", i, ok)
	}
	if f, ok := member("f").Int(2000, 2000); f != 2000 || !ok {
		t.Errorf("got %v, %v", f, ok)
	}
	if l, ok := member("l").List(2); len(l) != 2 || !ok {
		t.Errorf("got %v, %v", l, ok)
	}
	if _, ok := member("o").Object(); !ok {
		t.Error("no object")
	}
	o.Close()
	if fs != nil {
		t.Errorf("got faults %v", fs)
	}
}

// Every value that is of another type than asked for is a fault of its own.
func TestFaults(t *testing.T) {
	var fs fault.Fields
	o, _ := parse(t, `{"s":1,"b":"true","i":1.5,"r":11,"l":[1,2,3],"o":null,"u":0,"s":"x"}`, "body", &fs).Object()
	get := func(name string) strictjson.Value {
		v, _ := o.Member(name)
		return v
	}
	get("s").String()
	get("b").Bool()
	get("i").Int(0, 10)
	get("r").Int(0, 10)
	get("l").List(2)
	get("o").Object()
	o.Required("missing")
	o.Close()
	want := map[string]string{
		"body.s":       "must be a string, must be given only once",
		"body.b":       "must be true or false",
		"body.i":       "must be an integer",
		"body.r":       "must be between 0 and 10",
		"body.l":       "must have at most 2 values",
		"body.o":       "must be an object",
		"body.missing": "must be given",
		"body.u":       "is not known; known: s, b, i, r, l, o, missing",
	}
	got := map[string]string{}
	for _, f := range fs {
		var messages []string
		for _, r := range f.Errors {
			messages = append(messages, r.Message)
		}
		got[f.Field] = strings.Join(messages, ", ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Numbers that no int64 holds are out of range, not wrapped around.
func TestIntBeyondInt64(t *testing.T) {
	for _, number := range []string{"1e300", "-1e300", "1e400", "9223372036854775808", "-9223372036854775809"} {
		var fs fault.Fields
		n, ok := parse(t, number, "n", &fs).Int(math.MinInt64, math.MaxInt64)
		if ok || len(fs) != 1 || fs[0].Errors[0].Code != "range" {
			t.Errorf("%s: got %d, %v, %v", number, n, ok, fs)
		}
	}
}

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

func TestParseMalformed(t *testing.T) {
	for _, data := range []string{``, `{`, `[1,]`, `{} x`, "\"\xff\"", strings.Repeat("[", 11000) + strings.Repeat("]", 11000)} {
		_, err := strictjson.Parse([]byte(data), "", new(fault.Fields))
		if !fault.Is(err, fault.Malformed) || !strings.HasPrefix(err.Error(), "the body is not JSON: ") {
			t.Errorf("%.20q: got %v", data, err)
		}
	}
}

func TestMaxFaults(t *testing.T) {
	var fs fault.Fields
	l, _ := parse(t, "["+strings.Repeat("0,", 5000)+"0]", "list", &fs).List(10_000)
	for _, v := range l {
		v.String()
	}
	if len(fs) != strictjson.MaxFaults || fs[999].Field != "list[999]" {
		t.Errorf("got %d faults", len(fs))
	}
}
