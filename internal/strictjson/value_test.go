package strictjson_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

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
		t.Errorf("got faults %v, want none", fs)
	}
}

// Every value of the wrong type is a fault.
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

// A number beyond int64 is out of range. It does not overflow.
func TestIntBeyondInt64(t *testing.T) {
	for _, number := range []string{"1e300", "-1e300", "1e400", "9223372036854775808", "-9223372036854775809"} {
		t.Run(number, func(t *testing.T) {
			var fs fault.Fields
			n, ok := parse(t, number, "n", &fs).Int(math.MinInt64, math.MaxInt64)
			if ok || len(fs) != 1 || fs[0].Errors[0].Code != "range" {
				t.Errorf("got %d, %v, %v", n, ok, fs)
			}
		})
	}
}

func TestMaxFaults(t *testing.T) {
	var fs fault.Fields
	l, _ := parse(t, "["+strings.Repeat("0,", 5000)+"0]", "list", &fs).List(10_000)
	for _, v := range l {
		v.String()
	}
	if len(fs) != strictjson.MaxFaults || fs[999].Field != "list[999]" {
		t.Errorf("got %d faults, want %d", len(fs), strictjson.MaxFaults)
	}
}
